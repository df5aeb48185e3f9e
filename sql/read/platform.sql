SELECT
    answer.as_of,
    answer.version,
    answer.changed_at,
    answer.timezone,
    NULL::date AS from_day,
    NULL::date AS to_day,
    (SELECT string_agg(currency, ', ' ORDER BY currency) FROM analytics.payment_total) AS currencies,
    row_to_json(body)::text AS body
FROM
    analytics.answer
    CROSS JOIN analytics.platform_total AS total
    CROSS JOIN LATERAL (SELECT coalesce(:currency, answer.currency) AS currency) AS wanted
    LEFT JOIN analytics.payment_total AS paid ON paid.currency = wanted.currency
    CROSS JOIN LATERAL (
        SELECT
            total.users AS total,
            total.students,
            total.mentors,
            total.verified_users AS verified,
            total.verification_rate
    ) AS accounts
    CROSS JOIN LATERAL (
        SELECT
            total.sessions AS total,
            total.completed_sessions AS completed,
            total.scheduled_sessions AS scheduled,
            total.completion_rate
    ) AS meetings
    CROSS JOIN LATERAL (
        SELECT
            total.courses AS total,
            total.published_courses AS published,
            total.enrollments,
            total.avg_enrollments_per_course
    ) AS catalogue
    CROSS JOIN LATERAL (
        SELECT
            total.reviews AS total,
            total.average_rating
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
