-- One row per summary: as of when it is right, what it does not count yet, its last rebuild and audits.
SELECT
    *,
    analytics.rows_of(summary) AS rows
FROM analytics.summary_status()
ORDER BY place
