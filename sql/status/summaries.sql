-- One row per summary: as of when it is right, what it does not count yet, its last rebuild and audit.
SELECT
    step.name AS summary,
    step.family,
    freshness.as_of,
    extract(EPOCH FROM now() - freshness.as_of)::float8 AS lag_seconds,
    extract(EPOCH FROM freshness.ttl)::float8 AS ttl_seconds,
    coalesce(pending.changes, 0) AS pending,
    last_run.started_at AS rebuilt_at,
    extract(EPOCH FROM last_run.finished_at - last_run.started_at)::float8 AS rebuild_seconds,
    last_run.reason AS rebuild_reason,
    last_run.error AS rebuild_error,
    audited.audited_at,
    audited.drift,
    coalesce(audited.incidents, 0) AS incidents
FROM
    control.step
    INNER JOIN analytics.freshness USING (family)
    LEFT JOIN analytics.pending USING (family)
    LEFT JOIN control.audited ON audited.summary = step.name
    LEFT JOIN LATERAL (
        SELECT *
        FROM control.run
        WHERE step.family = ANY (families) AND finished_at IS NOT NULL
        ORDER BY finished_at DESC
        LIMIT 1
    ) AS last_run ON true
WHERE step.kind <> 'view'
ORDER BY step.place
