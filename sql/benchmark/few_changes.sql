-- 200 changes, signed rows twice as many where a row is another: of sessions, payments, lessons and messages.
INSERT INTO public.sessions (id, student_id, mentor_id, duration_minutes, status, created_at, scheduled_at)
SELECT
    newest.id + n,
    1 + n * 31,
    1 + n % 50,
    60,
    'COMPLETED',
    now() - n % 9 * interval '1 day',
    now() AT TIME ZONE 'UTC' + n * interval '1 hour'
FROM generate_series(1, 60) AS n CROSS JOIN (SELECT max(id) AS id FROM public.sessions) AS newest;

UPDATE public.sessions SET status = CASE status WHEN 'COMPLETED' THEN 'CANCELLED' ELSE 'COMPLETED' END
WHERE id > (SELECT max(id) - 1500 FROM public.sessions) AND id % 25 = 0;

INSERT INTO public.payments (id, student_id, amount, currency, status, created_at)
SELECT
    newest.id + n,
    1 + n * 37,
    99000,
    'RUB',
    'COMPLETED',
    now()
FROM generate_series(1, 40) AS n CROSS JOIN (SELECT max(id) AS id FROM public.payments) AS newest;

INSERT INTO public.progress (id, user_id, created_at)
SELECT
    newest.id + n,
    1 + n * 41,
    now()
FROM generate_series(1, 20) AS n CROSS JOIN (SELECT max(id) AS id FROM public.progress) AS newest;

INSERT INTO public.messages (id, sender_id, recipient_id, created_at)
SELECT
    newest.id + n,
    CASE n % 2 WHEN 0 THEN 50 * n ELSE n * 43 END,
    CASE n % 2 WHEN 0 THEN n * 43 - 43 ELSE 50 * n + 50 END,
    now() + n * interval '1 second'
FROM generate_series(1, 20) AS n CROSS JOIN (SELECT max(id) AS id FROM public.messages) AS newest;
