-- 1,000 changes, the same at every size: of 150 mentors, some hundred users and 100 courses.
INSERT INTO public.sessions (id, student_id, mentor_id, duration_minutes, status, created_at)
SELECT
    newest.id + n,
    1 + n * 31,
    1 + n % 150,
    60,
    'SCHEDULED',
    now()
FROM generate_series(1, 300) AS n CROSS JOIN (SELECT max(id) AS id FROM public.sessions) AS newest;

UPDATE public.sessions SET status = CASE status WHEN 'COMPLETED' THEN 'CANCELLED' ELSE 'COMPLETED' END
WHERE id > (SELECT max(id) - 5000 FROM public.sessions) AND id % 20 = 0;

INSERT INTO public.payments (id, student_id, amount, currency, status, created_at)
SELECT
    newest.id + n,
    1 + n * 37,
    99000,
    'RUB',
    'COMPLETED',
    now()
FROM generate_series(1, 200) AS n CROSS JOIN (SELECT max(id) AS id FROM public.payments) AS newest;

UPDATE public.course_enrollments SET progress_percent = (progress_percent + 1) % 101 WHERE id <= 200;

UPDATE public.users SET is_verified = NOT is_verified WHERE id <= 50;
