-- A window is stored by its first day, so that midnight moves every window without a calculation.
-- Sessions dated ahead wait for their day: each of the next 7 days that already holds some has an
-- edition of its own (to_day), and a reader takes the newest edition whose day has come.
CREATE MATERIALIZED VIEW analytics.session_window AS
WITH
clock AS (
    SELECT analytics.today() AS today
),

edition AS (
    SELECT today AS to_day FROM clock
    UNION
    SELECT day
    FROM analytics.session_day
    WHERE day > (SELECT today FROM clock) AND day <= (SELECT today + 7 FROM clock)
),

status AS (
    SELECT
        status,
        place
    FROM
        unnest(ARRAY['scheduled', 'confirmed', 'in_progress', 'completed', 'cancelled', 'no_show'])
        WITH ORDINALITY AS known (status, place)
        FULL JOIN (SELECT DISTINCT status FROM analytics.session_day) AS found USING (status)
),

since AS (
    SELECT
        edition.to_day,
        window_start.from_day,
        status.status,
        status.place,
        sum(coalesce(stored.sessions, 0)) OVER back AS sessions,
        sum(coalesce(stored.minutes, 0)) OVER back AS minutes
    FROM
        edition
        CROSS JOIN (SELECT today + generate_series(-364, 7) AS from_day FROM clock) AS window_start
        CROSS JOIN status
        LEFT JOIN analytics.session_day AS stored
            ON
                stored.day = window_start.from_day
                AND stored.day <= edition.to_day
                AND stored.status = status.status
    WINDOW back AS (PARTITION BY edition.to_day, status.status ORDER BY window_start.from_day DESC)
)

SELECT
    to_day,
    from_day,
    sum(sessions)::bigint AS total,
    analytics.ratio(sum(minutes), sum(sessions)) AS avg_duration_minutes,
    -- by hand, as json_object_agg puts blanks where the rest of a body has none
    format(
        '{%s}',
        string_agg(format('%s:%s', to_json(status), sessions), ',' ORDER BY place, status)
            FILTER (WHERE place IS NOT NULL OR sessions > 0)
    )::json AS by_status
FROM since
GROUP BY to_day, from_day;

CREATE UNIQUE INDEX session_window_key ON analytics.session_window (from_day, to_day);

COMMENT ON MATERIALIZED VIEW analytics.session_window IS 'Sessions of every window of 1 to 365 days.';
COMMENT ON COLUMN analytics.session_window.to_day IS 'Newest day counted; right on later days too, as no session is dated in between.';
COMMENT ON COLUMN analytics.session_window.from_day IS 'First day of the window.';
COMMENT ON COLUMN analytics.session_window.total IS 'Sessions created in the window.';
COMMENT ON COLUMN analytics.session_window.avg_duration_minutes IS 'Mean of their planned minutes.';
COMMENT ON COLUMN analytics.session_window.by_status IS 'Sessions by status: MentorHub''s six always, others where there are any.';
