SELECT json_build_object('fired', coalesce(json_agg(row_to_json(listed) ORDER BY listed.id DESC), '[]'))::text AS body
FROM (
    SELECT
        firing.id,
        firing.alert AS alert_id,
        firing.fired_at,
        firing.value,
        firing.previous,
        firing.ended_at,
        firing.attempts,
        firing.delivered_at,
        firing.error
    FROM analytics.firing
    ORDER BY firing.id DESC
    LIMIT :limit
) AS listed
