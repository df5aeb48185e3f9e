SELECT
    answer.*,
    NULL::date AS from_day,
    NULL::date AS to_day,
    (SELECT string_agg(currency, ', ' ORDER BY currency) FROM analytics.payment_total) AS currencies,
    analytics.compared(row_to_json(body), NULL, answer.today - 30, row_to_json(metrics)) AS body
FROM
    analytics.answer
    -- a platform without a single row has none here either: zeros
    LEFT JOIN analytics.platform_total AS total ON true
    CROSS JOIN LATERAL (
        SELECT
            currency,
            analytics.unit(currency) AS unit
        FROM (SELECT coalesce(:currency, answer.currency) AS currency) AS code
        OFFSET 0
    ) AS wanted
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
            coalesce(paid.amount, 0) * wanted.unit AS total,
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
    -- Totals less what has come since: no reader adds up all days. BETWEEN, because the planner would
    -- expect a third of all days behind a single bound, and plan anew each time to do better.
    LEFT JOIN LATERAL (
        SELECT
            analytics.change(accounts.total, accounts.total - came.users) AS "users.total",
            analytics.change(accounts.students, NULL) AS "users.students",
            analytics.change(accounts.mentors, NULL) AS "users.mentors",
            analytics.change(accounts.verified, NULL) AS "users.verified",
            analytics.change(accounts.verification_rate, NULL) AS "users.verification_rate",
            analytics.change(meetings.total, meetings.total - met.sessions) AS "sessions.total",
            analytics.change(meetings.completed, meetings.completed - met.completed) AS "sessions.completed",
            analytics.change(meetings.scheduled, meetings.scheduled - met.scheduled) AS "sessions.scheduled",
            analytics.change(
                meetings.completion_rate,
                analytics.ratio(100 * (meetings.completed - met.completed), meetings.total - met.sessions)
            ) AS "sessions.completion_rate",
            analytics.change(catalogue.total, NULL) AS "courses.total",
            analytics.change(catalogue.published, NULL) AS "courses.published",
            analytics.change(catalogue.enrollments, NULL) AS "courses.enrollments",
            analytics.change(catalogue.avg_enrollments_per_course, NULL) AS "courses.avg_enrollments_per_course",
            analytics.change(opinions.total, NULL) AS "reviews.total",
            analytics.change(opinions.average_rating, NULL) AS "reviews.average_rating",
            analytics.change(income.total, income.total - earned.revenue) AS "revenue.total"
        FROM
            (
                SELECT coalesce(sum(new_users), 0) AS users
                FROM analytics.user_day
                WHERE day BETWEEN answer.today - 29 AND 'infinity'
            ) AS came,
            (
                SELECT
                    coalesce(sum(sessions), 0) AS sessions,
                    coalesce(sum(sessions) FILTER (WHERE status = 'completed'), 0) AS completed,
                    coalesce(sum(sessions) FILTER (WHERE status = 'scheduled'), 0) AS scheduled
                FROM analytics.session_day
                WHERE day BETWEEN answer.today - 29 AND 'infinity'
            ) AS met,
            (
                SELECT coalesce(sum(amount), 0) * wanted.unit AS revenue
                FROM analytics.payment_day
                WHERE currency = wanted.currency AND day BETWEEN answer.today - 29 AND 'infinity'
            ) AS earned
    ) AS metrics ON :compare = 'previous'
WHERE answer.family = 'platform'
