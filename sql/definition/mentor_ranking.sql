CREATE VIEW mentor_ranking AS
WITH
edition AS (
    SELECT analytics.today() AS to_day
    UNION
    SELECT day
    FROM sessions
    WHERE day > analytics.today() AND day <= analytics.today() + 7
),

mentor_day AS (
    SELECT
        mentor_id,
        day,
        sum(w) AS sessions
    FROM sessions
    WHERE
        mentor_id IS NOT NULL
        AND day BETWEEN analytics.today() - 364 AND analytics.today() + 7
    GROUP BY mentor_id, day
),

-- What a mentor's count becomes when the window's first day moves back to this day;
-- it stays so until the window reaches the mentor's next older day.
step AS (
    SELECT
        to_day,
        mentor_id,
        day,
        sum(sessions) OVER since AS sessions,
        lead(day, 1, analytics.today() - 365) OVER since AS older_day
    FROM edition INNER JOIN mentor_day ON day <= to_day
    WINDOW since AS (PARTITION BY to_day, mentor_id ORDER BY day DESC)
),

mover AS (
    SELECT
        to_day,
        day AS from_day,
        sessions,
        row_number() OVER (PARTITION BY to_day, day ORDER BY sessions DESC) AS place
    FROM step
),

-- A count that tenth place can't be below: the tenth best among those who move on that day,
-- or on any later one, as counts only grow when the window does. It spares ranking every
-- mentor in every window: only steps that reach the bar are looked at.
bar AS (
    SELECT
        to_day,
        from_day,
        max(tenth.sessions) OVER (PARTITION BY to_day ORDER BY from_day DESC) AS sessions
    FROM
        edition
        CROSS JOIN (SELECT analytics.today() + generate_series(-364, 7) AS from_day) AS window_start
        LEFT JOIN (SELECT * FROM mover WHERE place = 10) AS tenth USING (to_day, from_day)
),

contender AS (
    SELECT
        step.to_day,
        step.day - days_back AS from_day,
        step.mentor_id,
        step.sessions
    FROM
        step
        INNER JOIN bar ON bar.to_day = step.to_day AND bar.from_day = step.day
        CROSS JOIN generate_series(0, step.day - step.older_day - 1) AS days_back
    WHERE step.sessions >= coalesce(bar.sessions, 0)
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
