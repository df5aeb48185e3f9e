SELECT body::text AS body
FROM analytics.rebuild(:id) AS body
WHERE body IS NOT NULL
