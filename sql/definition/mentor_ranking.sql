CREATE VIEW mentor_ranking AS
WITH
horizon AS (
    SELECT
        today,
        today - 364 AS first_day,
        today + 7 AS last_day
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
        AND day <= (SELECT last_day FROM horizon)
    GROUP BY mentor_id, day
),

-- See sql/view/session_window.sql: sessions dated ahead wait for their day.
edition AS (
    SELECT today AS to_day FROM horizon
    UNION
    SELECT day FROM mentor_day WHERE day > (SELECT today FROM horizon)
),

-- What a mentor's count becomes when the window's first day moves back to this day;
-- it stays so until the window reaches the mentor's next older day.
step AS (
    SELECT
        to_day,
        mentor_id,
        day,
        sum(sessions) OVER since AS sessions,
        lead(day) OVER since AS older_day
    FROM edition INNER JOIN mentor_day ON day <= to_day
    WINDOW since AS (PARTITION BY to_day, mentor_id ORDER BY day DESC)
),

-- The tenth best among those who move on a day: tenth place of the window that begins there has
-- at least as many sessions, and that of every longer window too, as counts only grow. That bar
-- spares ranking every mentor in every window: only steps that reach it are looked at.
tenth AS (
    SELECT
        to_day,
        day,
        sessions
    FROM (
        SELECT
            to_day,
            day,
            sessions,
            row_number() OVER (PARTITION BY to_day, day ORDER BY sessions DESC) AS place
        FROM step
    ) AS mover
    WHERE place = 10
),

bar AS (
    SELECT
        to_day,
        day,
        coalesce(max(sessions) OVER (PARTITION BY to_day ORDER BY day DESC), 0) AS sessions
    FROM (SELECT DISTINCT to_day, day FROM step) AS moved LEFT JOIN tenth USING (to_day, day)
),

contender AS (
    SELECT
        step.to_day,
        step.day - days_back AS from_day,
        step.mentor_id,
        step.sessions
    FROM
        step
        INNER JOIN bar USING (to_day, day)
        CROSS JOIN horizon
        CROSS JOIN generate_series(0, step.day - coalesce(step.older_day + 1, horizon.first_day)) AS days_back
    WHERE step.sessions >= bar.sessions
),

placed AS (
    SELECT
        to_day,
        from_day,
        row_number() OVER (PARTITION BY to_day, from_day ORDER BY sessions DESC, mentor_id) AS place,
        mentor_id,
        sessions
    FROM contender
)

SELECT * FROM placed WHERE place <= 10;

COMMENT ON VIEW mentor_ranking IS 'The ten mentors with the most sessions in every window of 1 to 365 days.';
