-- who was the first to take note stays
WITH acknowledged AS (
    UPDATE analytics.firing
    SET acknowledged_at = now()
    WHERE id = :id AND acknowledged_at IS NULL
    RETURNING *
)

SELECT row_to_json(taken)::text AS body
FROM (
    SELECT * FROM acknowledged
    UNION ALL
    SELECT * FROM analytics.firing WHERE id = :id AND acknowledged_at IS NOT NULL
) AS taken
