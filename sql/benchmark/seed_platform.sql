SELECT
    (SELECT count(*) FROM public.users) AS users,
    (SELECT count(*) FROM public.users WHERE role = 'STUDENT') AS students,
    (SELECT count(*) FROM public.users WHERE role = 'MENTOR') AS mentors,
    (SELECT count(*) FROM public.users WHERE is_verified) AS verified,
    (SELECT count(*) FROM public.sessions) AS sessions,
    (SELECT count(*) FROM public.sessions WHERE status = 'COMPLETED') AS completed,
    (SELECT count(*) FROM public.sessions WHERE status = 'SCHEDULED') AS scheduled,
    (SELECT count(*) FROM public.courses) AS courses,
    (SELECT count(*) FROM public.courses WHERE is_active) AS published,
    (SELECT count(*) FROM public.course_enrollments) AS enrollments,
    (SELECT count(*) FROM public.reviews) AS reviews,
    (SELECT avg(rating) FROM public.reviews) AS average_rating,
    (SELECT sum(amount) FROM public.payments WHERE status = 'COMPLETED') AS revenue
