-- What MentorHub's own alert rules ask for, of stored rows.
SELECT
    (SELECT users FROM analytics.platform_total) AS user_registration,
    (SELECT sessions FROM analytics.platform_total) AS session_created,
    (SELECT sum(transactions)::bigint FROM analytics.payment_total) AS payment_success,
    (SELECT sum(failed)::bigint FROM analytics.revenue) AS payment_failed
