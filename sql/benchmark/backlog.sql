-- So many sessions at once, of the users that a burst made and of 1,000 mentors.
INSERT INTO public.sessions (id, student_id, mentor_id, duration_minutes, status, created_at)
SELECT
    n,
    100000000 + n %% %(users)s,
    n %% 1000,
    60,
    'COMPLETED',
    now() - n %% 400 * interval '1 day'
FROM generate_series(1, %(sessions)s) AS n;
