SELECT
    family,
    as_of,
    as_of IS NULL OR as_of < now() - ttl AS stale
FROM analytics.freshness
ORDER BY family
