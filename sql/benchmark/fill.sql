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

INSERT INTO public.sessions (id, student_id, mentor_id, duration_minutes, status, created_at)
SELECT
    n,
    1 + n * 7919 % (pg_temp.sessions() / 5),
    1 + n * 104729 % (pg_temp.sessions() / 250),
    60,
    (ARRAY['COMPLETED', 'SCHEDULED', 'CANCELLED'])[1 + n % 3],
    now() - (pg_temp.sessions() - n)::float8 / pg_temp.sessions() * interval '730 days'
FROM generate_series(1, pg_temp.sessions()) AS n;

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
