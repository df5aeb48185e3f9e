UPDATE analytics.note
SET day = :day, text = :text
WHERE id = :id
RETURNING row_to_json(note)::text AS body
