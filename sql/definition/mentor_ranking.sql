{% from "ranking/lengths.sql" import served, kept, most %}
CREATE FUNCTION mentor_runs(first_day date)
RETURNS TABLE (mentor_id bigint, from_day date, to_day date, sessions bigint)
STABLE LANGUAGE sql
BEGIN ATOMIC
    SELECT
        mentor_id,
        coalesce(lead(day) OVER since + 1, mentor_runs.first_day),
        day,
        sum(sessions::integer) OVER since
    FROM analytics.mentor_day
    WHERE day >= mentor_runs.first_day AND day <= (SELECT analytics.today())
    WINDOW since AS (PARTITION BY mentor_id ORDER BY day DESC ROWS UNBOUNDED PRECEDING);
END;
COMMENT ON FUNCTION mentor_runs(date) IS 'Each mentor''s sessions in the windows that end today, one row for all that begin from one day to another, the first of which is the earliest that is asked for.';

CREATE FUNCTION ranked_mentors(first_day date)
RETURNS TABLE (from_day date, place bigint, mentor_id bigint, sessions bigint)
STABLE LANGUAGE sql
SET work_mem = '256MB'
-- a fold that calls it has switched these off
SET enable_seqscan = on SET enable_nestloop = on
BEGIN ATOMIC
    WITH RECURSIVE
    clock AS (
        SELECT analytics.today() AS today
    ),

    -- Of those who move on a day no more than the list holds can enter a list.
    mover AS MATERIALIZED (
        SELECT
            day,
            array_agg(mentor_id ORDER BY place) AS mentors,
            array_agg(sessions ORDER BY place) AS sessions
        FROM (
            SELECT
                to_day AS day,
                mentor_id,
                sessions,
                row_number() OVER (PARTITION BY to_day ORDER BY sessions DESC, mentor_id) AS place
            FROM mentor_runs(ranked_mentors.first_day)
        ) AS ranked
        WHERE place <= {{ most }}
        GROUP BY day
    ),

    -- A day's list: that of the day after it, and who moves on the day. Counts only grow.
    listed AS (
        SELECT
            today + 1 AS from_day,
            '{}'::bigint [] AS mentors,
            '{}'::bigint [] AS sessions
        FROM clock
        UNION ALL
        SELECT
            listed.from_day - 1,
            best.mentors,
            best.sessions
        FROM
            listed
            LEFT JOIN mover ON mover.day = listed.from_day - 1
            CROSS JOIN LATERAL (
                SELECT
                    coalesce(array_agg(mentor_id ORDER BY sessions DESC, mentor_id), '{}') AS mentors,
                    coalesce(array_agg(sessions ORDER BY sessions DESC, mentor_id), '{}') AS sessions
                FROM (
                    SELECT
                        mentor_id,
                        max(sessions) AS sessions
                    FROM (
                        SELECT * FROM unnest(listed.mentors, listed.sessions)
                        UNION ALL
                        SELECT * FROM unnest(mover.mentors, mover.sessions)
                    ) AS candidate (mentor_id, sessions)
                    GROUP BY mentor_id
                    ORDER BY max(sessions) DESC, mentor_id
                    LIMIT {{ most }}
                ) AS top
            ) AS best
        WHERE listed.from_day > ranked_mentors.first_day
    )

    SELECT
        listed.from_day,
        placed.place,
        placed.mentor_id,
        placed.sessions
    FROM listed CROSS JOIN LATERAL unnest(listed.mentors, listed.sessions) WITH ORDINALITY AS placed (mentor_id, sessions, place);
END;
COMMENT ON FUNCTION ranked_mentors(date) IS 'The {{ most }} mentors with the most sessions in every window that begins on the day or later, and ends today.';

CREATE VIEW mentor_ranking AS
SELECT * FROM ranked_mentors((SELECT analytics.today() - 364));

COMMENT ON VIEW mentor_ranking IS 'The {{ most }} mentors with the most sessions in every window of 1 to 365 days that ends today.';
