SELECT json_build_object('fired', coalesce(json_agg(row_to_json(listed) ORDER BY listed.id DESC), '[]'))::text AS body
FROM (
    SELECT
        firing.*,
        user_engagement.username AS acknowledger
    FROM analytics.firing
    LEFT JOIN analytics.user_engagement ON user_engagement.user_id = firing.acknowledged_by
    ORDER BY firing.id DESC
    LIMIT :limit
) AS listed
