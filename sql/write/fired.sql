SELECT json_build_object('fired', coalesce(json_agg(row_to_json(listed) ORDER BY listed.id DESC), '[]'))::text AS body
FROM (
    SELECT *
    FROM analytics.firing
    ORDER BY id DESC
    LIMIT :limit
) AS listed
