-- One row per family: as of when it is right, and its last rebuild.
SELECT
    freshness.family,
    freshness.as_of,
    extract(EPOCH FROM now() - freshness.as_of)::float8 AS lag_seconds,
    extract(EPOCH FROM freshness.ttl)::float8 AS ttl_seconds,
    last_run.started_at AS rebuilt_at,
    extract(EPOCH FROM last_run.finished_at - last_run.started_at)::float8 AS rebuild_seconds,
    last_run.reason AS rebuild_reason,
    last_run.error AS rebuild_error
FROM
    analytics.freshness
    LEFT JOIN LATERAL (
        SELECT *
        FROM control.run
        WHERE freshness.family = ANY (families) AND finished_at IS NOT NULL
        ORDER BY finished_at DESC
        LIMIT 1
    ) AS last_run ON true
