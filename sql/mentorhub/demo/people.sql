-- Ids follow the time of joining. The first twenty are the founders: admins 1 to 5, mentors 6 to
-- 10, students; they are there before anything happens. The admins, user 20 and a fifth of the
-- others never learn anything (weight 0); the activity of the rest is a power law.
CREATE TEMP TABLE demo_user ON COMMIT DROP AS
SELECT
    id,
    joined,
    weight = 0 AS quiet,
    sum(weight) OVER (ORDER BY id) AS sessions,
    sum(sqrt(weight)) OVER (ORDER BY id) AS enrollments
FROM (
    SELECT
        id,
        joined,
        CASE
            WHEN id <= 5 OR id = 20 OR (id > 20 AND pg_temp.draw(id, seed + 101) < 0.2) THEN 0
            ELSE least(60, power(1 - pg_temp.draw(id, seed + 102), -0.6))
        END AS weight
    FROM (
        SELECT row_number() OVER (ORDER BY joined) AS id, joined
        FROM (
            SELECT since + founder AS joined
            FROM demo, generate_series(1, 20) AS founder
            UNION ALL
            SELECT
                since + 3600 * (
                    width_bucket(
                        (number - pg_temp.draw(number, seed + 103)) / (users - 20)
                        * hours.signups[17520],
                        hours.signups
                    )
                    + pg_temp.draw(number, seed + 104)
                )
            FROM demo
            CROSS JOIN (SELECT array_agg(signups ORDER BY hour) AS signups FROM demo_hour) AS hours
            CROSS JOIN generate_series(1, users - 20) AS number
        ) AS arrival
    ) AS arrivals
    CROSS JOIN demo
) AS weighted;

ANALYZE demo_user;

-- Two users in a hundred, in order of joining; the founders' mentors 1 to 5 are users 6 to 10.
-- One mentor in twelve, and always mentor 5, never has a session.
CREATE TEMP TABLE demo_mentor ON COMMIT DROP AS
SELECT
    id,
    user_id,
    joined,
    sum(
        CASE
            WHEN id = 5 OR (id > 5 AND pg_temp.draw(id, seed + 201) < 0.08) THEN 0
            ELSE least(8, power(1 - pg_temp.draw(id, seed + 202), -0.5))
        END
    ) OVER (ORDER BY id) AS sessions,
    50 * (10 + floor(70 * power(pg_temp.draw(id, seed + 203), 2)))::int AS hourly_rate
FROM demo
CROSS JOIN generate_series(1, mentors) AS id
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN id <= 5 THEN id + 5
        ELSE 20 + (id - 5) * ((users - 20) / (mentors - 5))
    END AS user_id
) AS account
JOIN (SELECT id AS user_id, joined FROM demo_user) AS person USING (user_id);

ANALYZE demo_mentor;
