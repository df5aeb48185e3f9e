SELECT
    family,
    as_of,
    as_of IS NULL OR as_of < now() - ttl AS stale,
    (SELECT is_proven FROM analytics.proof) AS is_proven,
    (SELECT shape FROM analytics.installed) AS shape
FROM analytics.freshness
ORDER BY family
