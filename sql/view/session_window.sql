-- A window is stored by its first day and ends with the day of the last fold.
CREATE MATERIALIZED VIEW analytics.session_window AS
WITH
clock AS (
    SELECT analytics.today() AS today
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
        window_start.from_day,
        status.status,
        status.place,
        sum(coalesce(stored.sessions, 0)) OVER back AS sessions,
        sum(coalesce(stored.minutes, 0)) OVER back AS minutes
    FROM
        (SELECT today - generate_series(0, 364) AS from_day FROM clock) AS window_start
        CROSS JOIN status
        LEFT JOIN analytics.session_day AS stored
            ON stored.day = window_start.from_day AND stored.status = status.status
    WINDOW back AS (PARTITION BY status.status ORDER BY window_start.from_day DESC)
)

SELECT
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
GROUP BY from_day;

CREATE UNIQUE INDEX session_window_key ON analytics.session_window (from_day);

COMMENT ON MATERIALIZED VIEW analytics.session_window IS 'Sessions of every window of 1 to 365 days.';
COMMENT ON COLUMN analytics.session_window.from_day IS 'First day of the window, which ends with analytics.freshness.day.';
COMMENT ON COLUMN analytics.session_window.total IS 'Sessions created in the window.';
COMMENT ON COLUMN analytics.session_window.avg_duration_minutes IS 'Mean of their planned minutes.';
COMMENT ON COLUMN analytics.session_window.by_status IS 'Sessions by status: MentorHub''s six always, others where there are any.';
