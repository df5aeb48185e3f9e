SELECT
    answer.*,
    NULL::date AS from_day,
    NULL::date AS to_day,
    (
        SELECT row_to_json(learner)::text
        FROM (
            SELECT
                user_id,
                username,
                sessions_attended,
                courses_enrolled,
                avg_progress,
                reviews_written,
                -- as RFC 3339 knows years
                CASE WHEN last_activity >= '0001-01-01' AND last_activity < '10000-01-01' THEN last_activity END AS last_activity,
                engagement_score
            FROM analytics.user_engagement
            WHERE user_id = :user_id AND users > 0
        ) AS learner
    ) AS body
FROM analytics.answer
WHERE answer.family = 'engagement'
