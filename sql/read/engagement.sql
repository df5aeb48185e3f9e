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
                last_activity,
                engagement_score
            FROM analytics.user_engagement
            WHERE user_id = :user_id AND users > 0
        ) AS learner
    ) AS body
FROM analytics.answer
WHERE answer.family = 'engagement'
