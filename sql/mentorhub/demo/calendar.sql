-- Everything random here is a hash of (row number, seed + salt), so the same seed gives the same
-- rows whatever the plan; each draw has a salt of its own. Times are epoch seconds until they are
-- stored. OFFSET 0 keeps the planner from repeating an expression wherever its name is used.

CREATE FUNCTION pg_temp.draw(number bigint, salt bigint) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT (hashint8extended(number, salt) & 2147483647)::float8 / 2147483648';

-- Where a share (0 up to 1) of the first `places` lands in running totals of weights, from 1.
CREATE FUNCTION pg_temp.pick(share float8, places int, totals float8[]) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT 1 + width_bucket(share * totals[places], totals)';

CREATE TEMP TABLE demo ON COMMIT DROP AS
SELECT
    users,
    greatest(5, users / 50) AS mentors,
    greatest(20, users / 80) AS courses,
    until - 730 * 86400 AS since,
    until,
    hashint8(seed)::bigint * 10000 AS seed
FROM (
    SELECT
        current_setting('demo.users')::int AS users,
        current_setting('demo.until')::float8 AS until,
        current_setting('demo.seed')::bigint AS seed
) AS given;

-- Two years in hours that end at `until`: running totals of sign-ups, which grow, and of activity,
-- which follows the number of members, in the rhythm of Moscow's days, weeks and holidays. The
-- first hour belongs to the founders alone.
CREATE TEMP TABLE demo_hour ON COMMIT DROP AS
SELECT
    hour,
    signups,
    sum(rhythm * (0.03 + signups / total)) OVER (ORDER BY hour) AS activity
FROM (
    SELECT
        hour,
        rhythm,
        sum(rhythm * growth) OVER (ORDER BY hour) AS signups,
        sum(rhythm * growth) OVER () AS total
    FROM (
        SELECT
            hour,
            0.15 + power(hour / 17520.0::float8, 1.4) AS growth,
            CASE WHEN hour = 0 THEN 0 ELSE 1 END
            * ('{0.55, 1.1, 1.2, 1.15, 1.1, 0.95, 0.6}'::float8[])[
                1 + extract(dow FROM moscow)::int
            ]
            * ('{
                0.3, 0.15, 0.1, 0.05, 0.05, 0.1, 0.3, 0.6, 1, 1.3, 1.5, 1.5,
                1.4, 1.4, 1.5, 1.5, 1.6, 1.7, 2, 2.3, 2.4, 2, 1.3, 0.7
            }'::float8[])[1 + extract(hour FROM moscow)::int]
            * CASE
                WHEN extract(month FROM moscow) = 1 AND extract(day FROM moscow) <= 8 THEN 0.35
                WHEN extract(month FROM moscow) IN (7, 8) THEN 0.75
                ELSE 1
            END
            * (0.8 + 0.4 * pg_temp.draw(hour / 24, seed + 1)) AS rhythm
        FROM demo
        CROSS JOIN generate_series(0, 17519) AS hour
        CROSS JOIN LATERAL (
            SELECT to_timestamp(since + 3600 * (hour + 3)) AT TIME ZONE 'UTC' AS moscow
        ) AS clock
    ) AS rhythms
) AS growing;

CREATE TEMP TABLE demo_first_name (number, female, name, latin) ON COMMIT DROP AS
VALUES
    (1, false, 'Александр', 'alexander'), (2, true, 'Анна', 'anna'),
    (3, false, 'Дмитрий', 'dmitry'), (4, true, 'Мария', 'maria'),
    (5, false, 'Максим', 'maxim'), (6, true, 'Елена', 'elena'),
    (7, false, 'Иван', 'ivan'), (8, true, 'Ольга', 'olga'),
    (9, false, 'Сергей', 'sergey'), (10, true, 'Дарья', 'daria'),
    (11, false, 'Артём', 'artem'), (12, true, 'Юлия', 'yulia'),
    (13, false, 'Никита', 'nikita'), (14, true, 'Алина', 'alina'),
    (15, false, 'Тимур', 'timur'), (16, true, 'Айгерим', 'aigerim'),
    (17, false, 'Фёдор', 'fyodor'), (18, true, 'Полина', 'polina'),
    (19, false, 'Егор', 'egor'), (20, true, 'Ксения', 'ksenia');

CREATE TEMP TABLE demo_last_name (number, name, latin) ON COMMIT DROP AS
VALUES
    (1, 'Иванов', 'ivanov'), (2, 'Смирнов', 'smirnov'), (3, 'Кузнецов', 'kuznetsov'),
    (4, 'Попов', 'popov'), (5, 'Васильев', 'vasiliev'), (6, 'Петров', 'petrov'),
    (7, 'Соколов', 'sokolov'), (8, 'Михайлов', 'mikhailov'), (9, 'Новиков', 'novikov'),
    (10, 'Фёдоров', 'fedorov'), (11, 'Морозов', 'morozov'), (12, 'Волков', 'volkov'),
    (13, 'Алексеев', 'alekseev'), (14, 'Лебедев', 'lebedev'), (15, 'Семёнов', 'semenov'),
    (16, 'Егоров', 'egorov'), (17, 'Павлов', 'pavlov'), (18, 'Козлов', 'kozlov'),
    (19, 'Степанов', 'stepanov'), (20, 'Ахметов', 'akhmetov'), (21, 'Орлов', 'orlov'),
    (22, 'Щербаков', 'scherbakov'), (23, 'Ильин', 'ilyin'), (24, 'Гусев', 'gusev');

ANALYZE demo, demo_hour, demo_first_name, demo_last_name;
