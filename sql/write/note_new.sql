INSERT INTO analytics.note (day, text)
VALUES (:day, :text)
RETURNING row_to_json(note)::text AS body
