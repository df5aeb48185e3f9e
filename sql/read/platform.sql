SELECT
    answer.as_of,
    answer.version,
    answer.changed_at,
    answer.pending,
    answer.timezone,
    answer.currency,
    answer.today,
    NULL::date AS from_day,
    NULL::date AS to_day,
    (SELECT string_agg(currency, ', ' ORDER BY currency) FROM analytics.payment_total) AS currencies,
    row_to_json(body)::text AS body
FROM
    analytics.answer
    -- a platform without a single row has none here either: zeros
    LEFT JOIN analytics.platform_total AS total ON true
    CROSS JOIN LATERAL (SELECT coalesce(:currency, answer.currency) AS currency) AS wanted
    LEFT JOIN analytics.payment_total AS paid ON paid.currency = wanted.currency
    CROSS JOIN LATERAL (
        SELECT
            coalesce(total.users, 0) AS total,
            coalesce(total.students, 0) AS students,
            coalesce(total.mentors, 0) AS mentors,
            coalesce(total.verified_users, 0) AS verified,
            coalesce(total.verification_rate, 0.00) AS verification_rate
    ) AS accounts
    CROSS JOIN LATERAL (
        SELECT
            coalesce(total.sessions, 0) AS total,
            coalesce(total.completed_sessions, 0) AS completed,
            coalesce(total.scheduled_sessions, 0) AS scheduled,
            coalesce(total.completion_rate, 0.00) AS completion_rate
    ) AS meetings
    CROSS JOIN LATERAL (
        SELECT
            coalesce(total.courses, 0) AS total,
            coalesce(total.published_courses, 0) AS published,
            coalesce(total.enrollments, 0) AS enrollments,
            coalesce(total.avg_enrollments_per_course, 0.00) AS avg_enrollments_per_course
    ) AS catalogue
    CROSS JOIN LATERAL (
        SELECT
            coalesce(total.reviews, 0) AS total,
            coalesce(total.average_rating, 0.00) AS average_rating
    ) AS opinions
    CROSS JOIN LATERAL (
        SELECT
            round(coalesce(paid.revenue, 0), 2) AS total,
            wanted.currency
    ) AS income
    CROSS JOIN LATERAL (
        SELECT
            accounts AS users,
            meetings AS sessions,
            catalogue AS courses,
            opinions AS reviews,
            income AS revenue
    ) AS body
WHERE answer.family = 'platform'
