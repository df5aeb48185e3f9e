SELECT json_build_object('goals', coalesce(json_agg(row_to_json(listed) ORDER BY listed.id), '[]'))::text AS body
FROM (
    SELECT *
    FROM analytics.goal
    WHERE CAST(:metric AS text) IS NULL OR metric = :metric
    ORDER BY id DESC
    LIMIT 1000
) AS listed
