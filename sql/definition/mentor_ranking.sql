CREATE VIEW mentor_ranking AS
WITH RECURSIVE
horizon AS (
    SELECT
        today,
        today - 364 AS first_day
    FROM (SELECT analytics.today() AS today) AS clock
),

mentor_day AS (
    SELECT
        mentor_id,
        day,
        sum(w) AS sessions
    FROM sessions
    WHERE
        mentor_id IS NOT NULL
        AND day >= (SELECT first_day FROM horizon)
        AND day <= (SELECT today FROM horizon)
    GROUP BY mentor_id, day
    HAVING sum(w) <> 0
),

-- What a mentor's count becomes when the window's first day moves back to this day.
step AS (
    SELECT
        mentor_id,
        day,
        (sum(sessions) OVER since)::bigint AS sessions
    FROM mentor_day
    WINDOW since AS (PARTITION BY mentor_id ORDER BY day DESC)
),

-- Of those who move on a day no more than twenty can enter a list.
mover AS MATERIALIZED (
    SELECT
        day,
        array_agg(mentor_id::bigint ORDER BY place) AS mentors,
        array_agg(sessions ORDER BY place) AS sessions
    FROM (
        SELECT
            day,
            mentor_id,
            sessions,
            row_number() OVER (PARTITION BY day ORDER BY sessions DESC, mentor_id) AS place
        FROM step
    ) AS ranked
    WHERE place <= 20
    GROUP BY day
),

-- A day's list: that of the day after it, and who moves on the day. Counts only grow.
listed AS (
    SELECT
        today + 1 AS from_day,
        '{}'::bigint [] AS mentors,
        '{}'::bigint [] AS sessions
    FROM horizon
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
                LIMIT 20
            ) AS top
        ) AS best
    WHERE listed.from_day > (SELECT first_day FROM horizon)
)

SELECT
    listed.from_day,
    placed.place,
    placed.mentor_id,
    placed.sessions
FROM listed CROSS JOIN LATERAL unnest(listed.mentors, listed.sessions) WITH ORDINALITY AS placed (mentor_id, sessions, place);

COMMENT ON VIEW mentor_ranking IS 'The twenty mentors with the most sessions in every window of 1 to 365 days that ends today.';
