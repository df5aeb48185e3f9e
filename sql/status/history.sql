-- Newest first: rebuilds, nights and audits, what the rolling audit found, and what keeps the mirror behind.
WITH written AS (
    SELECT
        CASE run.reason WHEN 'request' THEN 'rebuild' WHEN 'nightly' THEN 'night' ELSE run.reason END AS kind,
        coalesce(run.started_at, run.requested_at) AS at,
        run.asked_by,
        extract(EPOCH FROM run.finished_at - run.started_at)::float8 AS seconds,
        coalesce(
            nullif(
                concat_ws(
                    ' ',
                    (SELECT string_agg(metric, ', ') FROM jsonb_array_elements_text(run.asked -> 'metrics') AS metric),
                    'from ' || (run.asked ->> 'from'),
                    'to ' || (run.asked ->> 'to'),
                    'course ' || (run.asked ->> 'course'),
                    'user ' || (run.asked ->> 'user'),
                    'mentor ' || (run.asked ->> 'mentor')
                ),
                ''
            ),
            'everything'
        ) AS what,
        run.state,
        run.rows_read,
        run.rows_changed AS wrong,
        coalesce(run.error, 'by ' || run.cancelled_by) AS remark,
        run.id
    FROM control.run_status AS run
    UNION ALL
    SELECT
        'audit',
        min(drift.found_at),
        'beat',
        NULL,
        drift.summary,
        CASE WHEN bool_and(drift.repaired) THEN 'repaired' ELSE 'found' END,
        NULL,
        count(*),
        NULL,
        NULL
    FROM control.drift
    WHERE
        NOT EXISTS (
            SELECT FROM control.slice
            WHERE slice.step = drift.summary AND drift.found_at BETWEEN slice.started_at AND slice.done_at
        )
        AND NOT EXISTS (
            SELECT FROM control.run
            WHERE run.reason IN ('audit', 'settings') AND drift.found_at BETWEEN run.started_at AND run.finished_at
        )
    GROUP BY drift.summary, date_trunc('minute', drift.found_at)
    UNION ALL
    SELECT
        'alarm',
        since,
        'guard',
        NULL,
        'mirror',
        'ringing',
        NULL,
        NULL,
        sentence,
        NULL
    FROM control.health
    WHERE sentence IS NOT NULL
)

SELECT *
FROM written
ORDER BY at DESC NULLS LAST
LIMIT 30
