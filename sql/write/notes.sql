SELECT json_build_object('notes', coalesce(json_agg(row_to_json(listed) ORDER BY listed.day, listed.id), '[]'))::text AS body
FROM (
    SELECT *
    FROM analytics.note
    WHERE
        day BETWEEN coalesce(CAST(:first AS date), '0001-01-01') AND coalesce(CAST(:last AS date), '9999-12-31')
    ORDER BY day DESC, id DESC
    LIMIT 1000
) AS listed
