-- Everything random here is a hash of (row number, seed + salt), so the same seed gives the same
-- rows whatever the plan; each draw has a salt of its own. Times are epoch seconds until they are
-- stored.

CREATE FUNCTION pg_temp.draw(number bigint, salt bigint) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS 'SELECT (hashint8extended(number, salt) & 2147483647)::float8 / 2147483648';

-- The 1-based place in running totals of weights that a share (0 up to 1) of the first `places` hits.
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

-- Two years in hours that end at `until`. The first hour belongs to the founders alone.
CREATE TEMP TABLE demo_hour ON COMMIT DROP AS
SELECT
    hour,
    sum(weight) OVER (ORDER BY hour) AS signups,
    sum(weight * members) OVER (ORDER BY hour) AS activity
FROM (
    SELECT hour, weight, 0.03 + sum(weight) OVER (ORDER BY hour) / sum(weight) OVER () AS members
    FROM (
        SELECT
            hour,
            CASE WHEN hour = 0 THEN 0 ELSE 1 END
            * (0.15 + power(hour / 17520.0::float8, 1.4)) -- growth
            * (ARRAY[0.55, 1.1, 1.2, 1.15, 1.1, 0.95, 0.6])[1 + extract(dow FROM moscow)::int]
            * (ARRAY[
                0.3, 0.15, 0.1, 0.05, 0.05, 0.1, 0.3, 0.6, 1, 1.3, 1.5, 1.5,
                1.4, 1.4, 1.5, 1.5, 1.6, 1.7, 2, 2.3, 2.4, 2, 1.3, 0.7
            ])[1 + extract(hour FROM moscow)::int]
            * CASE
                WHEN to_char(moscow, 'MMDD') BETWEEN '0101' AND '0108' THEN 0.35
                WHEN extract(month FROM moscow) IN (7, 8) THEN 0.75
                ELSE 1
            END
            * (0.8 + 0.4 * pg_temp.draw(hour / 24, seed + 1)) AS weight
        FROM demo
        CROSS JOIN generate_series(0, 17519) AS hour
        CROSS JOIN LATERAL (
            SELECT to_timestamp(since + 3600 * (hour + 3)) AT TIME ZONE 'UTC' AS moscow
        ) AS clock
    ) AS rhythm
) AS crowd;

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
