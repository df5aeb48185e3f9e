-- What the guard sees, and since when it is so.
UPDATE control.health
SET
    looked_at = clock_timestamp(),
    since = CASE WHEN sentence IS NOT DISTINCT FROM %(sentence)s::text THEN since ELSE clock_timestamp() END,
    sentence = %(sentence)s::text
