SELECT body::text AS body
FROM analytics.cancel_rebuild(:id, :cancelled_by) AS body
WHERE body IS NOT NULL
