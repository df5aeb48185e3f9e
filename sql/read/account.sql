SELECT
    role,
    is_active
FROM analytics.account
WHERE user_id = :user_id
