SELECT
    slice.step,
    count(*),
    sum(slice.rows_read)::bigint,
    sum(slice.wrong)::bigint,
    sum(extract(EPOCH FROM slice.done_at - slice.started_at))::float8
FROM control.slice
WHERE slice.run = %s AND slice.done_at IS NOT NULL
GROUP BY slice.step
ORDER BY min(slice.id)
