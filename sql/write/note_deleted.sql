DELETE FROM analytics.note
WHERE id = :id
RETURNING row_to_json(note)::text AS body
