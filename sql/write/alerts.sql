SELECT json_build_object('alerts', coalesce(json_agg(row_to_json(listed) ORDER BY listed.id), '[]'))::text AS body
FROM (
    SELECT *
    FROM analytics.alert
    ORDER BY id DESC
    LIMIT 1000
) AS listed
