-- Who may look at everything, by MentorHub's own word.
SELECT
    'admin' AS role,
    user_id
FROM analytics.account
WHERE role = 'admin' AND is_active
ORDER BY user_id
LIMIT 1
