SELECT
    problem,
    body::text AS body
FROM analytics.ask_rebuild(CAST(:asked AS jsonb), :asked_by)
