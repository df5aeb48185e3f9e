SELECT
    drift.summary,
    drift.wrong
FROM control.drift INNER JOIN control.slice ON slice.step = drift.summary AND drift.found_at BETWEEN slice.started_at AND slice.done_at
WHERE slice.run = %s
ORDER BY drift.found_at
LIMIT %s
