DELETE FROM analytics.alert
WHERE id = :id
RETURNING row_to_json(alert)::text AS body
