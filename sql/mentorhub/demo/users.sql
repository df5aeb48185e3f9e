-- Ids follow the time of joining. The first twenty are the founders: admins 1 to 5, mentors 6 to 10,
-- students; they are there before anything happens. A fifth of all users never does anything
-- (weight 0); the others' activity is a power law.
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
            WHEN id = 20 OR (id > 20 AND pg_temp.draw(id, seed + 101) < 0.2) THEN 0
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
                        (number - pg_temp.draw(number, seed + 103)) / (users - 20) * hours.signups[17520],
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

CREATE UNIQUE INDEX ON demo_user (id);
ANALYZE demo_user;

INSERT INTO users (
    id, username, email, hashed_password, full_name, bio, totp_secret,
    role, is_active, is_verified, created_at, updated_at
)
SELECT
    person.id,
    username,
    username || '@example.' || (ARRAY['com', 'org', 'net'])[1 + person.id % 3],
    '$2b$12$' || left(md5(person.id || '/' || seed) || md5(seed || '/' || person.id), 53),
    first_name.name || ' ' || last_name.name || CASE WHEN female THEN 'а' ELSE '' END,
    CASE WHEN pg_temp.draw(person.id, seed + 113) < 0.1 THEN 'Люблю учиться, "не боюсь" ошибаться' END,
    CASE WHEN pg_temp.draw(person.id, seed + 114) < 0.05
        THEN upper(translate(md5(seed || 'totp' || person.id), '0189', 'wxyz')) END,
    CASE
        WHEN person.id <= 5 THEN 'ADMIN'::userrole
        WHEN person.id <= 10 THEN 'MENTOR'
        ELSE 'STUDENT' -- the other mentors are named in mentors
    END,
    person.id <> 3 AND (person.id <= 20 OR pg_temp.draw(person.id, seed + 115) >= 0.04),
    person.id <= 10 OR pg_temp.draw(person.id, seed + 116) < 0.78,
    to_timestamp(joined),
    to_timestamp(joined + (until - joined) * pg_temp.draw(person.id, seed + 117))
FROM demo_user AS person
CROSS JOIN demo
JOIN demo_first_name AS first_name
    ON first_name.number = 1 + floor(20 * pg_temp.draw(person.id, seed + 111))
JOIN demo_last_name AS last_name
    ON last_name.number = 1 + floor(24 * pg_temp.draw(person.id, seed + 112))
CROSS JOIN LATERAL (
    -- Ending in the id, the name is unique.
    SELECT CASE person.id % 4
        WHEN 0 THEN left(first_name.latin, 1) || last_name.latin || person.id
        WHEN 1 THEN first_name.latin || '.' || last_name.latin || '.' || person.id
        WHEN 2 THEN first_name.latin || '_' || person.id
        ELSE last_name.latin || '-' || first_name.latin || person.id
    END AS username
) AS login;
