CREATE VIEW mentor_ranking AS
WITH
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

-- What a mentor's count becomes when the window's first day moves back to this day;
-- it stays so until the window reaches the mentor's next older day.
step AS (
    SELECT
        mentor_id,
        day,
        (sum(sessions) OVER since)::bigint AS sessions,
        lead(day) OVER since AS older_day
    FROM mentor_day
    WINDOW since AS (PARTITION BY mentor_id ORDER BY day DESC)
),

-- The 20th best among those who move on a day: 20th place of the window that begins there has
-- at least as many sessions, and that of every longer window too, as counts only grow. That bar,
-- or what is known of the places beforehand, spares ranking every mentor in every window: only
-- steps that reach it are looked at.
twentieth AS (
    SELECT
        day,
        sessions
    FROM (
        SELECT
            day,
            sessions,
            row_number() OVER (PARTITION BY day ORDER BY sessions DESC) AS place
        FROM step
    ) AS mover
    WHERE place = 20
),

-- Materialized: a planner that expects few rows would calculate it all again for each of them.
known AS MATERIALIZED (
    SELECT * FROM known_place
),

bar AS MATERIALIZED (
    SELECT
        day,
        greatest(max(twentieth.sessions) OVER (ORDER BY day DESC), known.sessions, 0) AS sessions
    FROM
        (SELECT DISTINCT day FROM step) AS moved
        LEFT JOIN twentieth USING (day)
        LEFT JOIN known USING (day)
),

contender AS (
    SELECT
        step.day - days_back AS from_day,
        step.mentor_id,
        step.sessions
    FROM
        step
        INNER JOIN bar USING (day)
        CROSS JOIN horizon
        CROSS JOIN generate_series(0, step.day - coalesce(step.older_day + 1, horizon.first_day)) AS days_back
    WHERE step.sessions >= bar.sessions
),

placed AS (
    SELECT
        from_day,
        row_number() OVER (PARTITION BY from_day ORDER BY sessions DESC, mentor_id) AS place,
        mentor_id,
        sessions
    FROM contender
)

SELECT * FROM placed WHERE place <= 20;

COMMENT ON VIEW mentor_ranking IS 'The twenty mentors with the most sessions in every window of 1 to 365 days that ends today.';
