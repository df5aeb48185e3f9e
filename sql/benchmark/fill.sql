-- A mirror of so many sessions, spread evenly over two years; 5 a user, 250 a mentor.
CREATE FUNCTION pg_temp.sessions() RETURNS bigint
IMMUTABLE LANGUAGE sql
RETURN current_setting('benchmark.sessions')::bigint;

INSERT INTO public.users (id, username, role, is_active, is_verified, created_at)
SELECT
    n,
    'user ' || n,
    CASE WHEN n = 1 THEN 'ADMIN' WHEN n % 50 = 0 THEN 'MENTOR' ELSE 'STUDENT' END,
    true,
    n % 3 = 0,
    now() - n % 730 * interval '1 day'
FROM generate_series(1, pg_temp.sessions() / 5) AS n;

INSERT INTO public.courses (id, title, is_active)
SELECT
    n,
    'course ' || n,
    true
FROM generate_series(1, pg_temp.sessions() / 300) AS n;

INSERT INTO public.mentors (id, user_id)
SELECT
    n,
    50 * n
FROM generate_series(1, pg_temp.sessions() / 250) AS n;

INSERT INTO public.sessions (id, student_id, mentor_id, duration_minutes, status, created_at, scheduled_at)
SELECT
    n,
    1 + n * 7919 % (pg_temp.sessions() / 5),
    1 + n * 104729 % (pg_temp.sessions() / 250),
    60,
    (ARRAY['COMPLETED', 'SCHEDULED', 'CANCELLED'])[1 + n % 3],
    booked_at,
    (booked_at AT TIME ZONE 'UTC') + n % 240 * interval '1 hour'
FROM
    generate_series(1, pg_temp.sessions()) AS n
    CROSS JOIN LATERAL (
        SELECT now() - (pg_temp.sessions() - n)::float8 / pg_temp.sessions() * interval '730 days' AS booked_at
    ) AS booking;

INSERT INTO public.course_enrollments (id, user_id, course_id, progress_percent, completed, created_at)
SELECT
    n,
    1 + n * 7919 % (pg_temp.sessions() / 5),
    1 + n * 104729 % (pg_temp.sessions() / 300),
    n % 101,
    n % 101 = 100,
    now() - n % 730 * interval '1 day'
FROM generate_series(1, pg_temp.sessions() * 3 / 5) AS n;

INSERT INTO public.progress (id, user_id, created_at)
SELECT
    n,
    1 + n * 7919 % (pg_temp.sessions() / 5),
    now() - n % 730 * interval '1 day'
FROM generate_series(1, pg_temp.sessions()) AS n;

INSERT INTO public.reviews (id, user_id, course_id, rating, created_at)
SELECT
    n,
    1 + n * 7919 % (pg_temp.sessions() / 5),
    1 + n * 104729 % (pg_temp.sessions() / 300),
    1 + n % 5,
    now() - n % 730 * interval '1 day'
FROM generate_series(1, pg_temp.sessions() / 8) AS n;

INSERT INTO public.payments (id, student_id, amount, currency, status, created_at)
SELECT
    n,
    1 + n * 7919 % (pg_temp.sessions() / 5),
    150000,
    'RUB',
    'COMPLETED',
    now() - n % 730 * interval '1 day'
FROM generate_series(1, pg_temp.sessions() / 2) AS n;

-- each user asks a mentor, who answers within two days
INSERT INTO public.messages (id, sender_id, recipient_id, created_at)
SELECT
    2 * n + answer,
    CASE answer WHEN 0 THEN n ELSE mentor END,
    CASE answer WHEN 0 THEN mentor ELSE n END,
    now() - (2 + n % 728) * interval '1 day' + answer * (n % 48) * interval '1 hour'
FROM
    generate_series(1, pg_temp.sessions() / 5) AS n
    CROSS JOIN generate_series(0, 1) AS answer
    CROSS JOIN LATERAL (SELECT 50 * (1 + n * 104729 % (pg_temp.sessions() / 250)) AS mentor) AS asked;
