SELECT
    account.user_id,
    account.role,
    account.is_active,
    md5(engagement::text) AS digest,
    answer.*
FROM
    analytics.account
    CROSS JOIN analytics.answer
    LEFT JOIN analytics.user_engagement AS engagement ON engagement.user_id = account.user_id
WHERE account.user_id = any(:user_ids) AND answer.family = 'engagement'
