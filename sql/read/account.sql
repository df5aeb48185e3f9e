SELECT
    role,
    is_active,
    is_proven,
    mentors,
    is_mentor_proven
FROM analytics.account
WHERE user_id = :user_id
