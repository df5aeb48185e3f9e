-- Where a range of so many rows ends, here or at MentorHub; no row for the last one.
SELECT id
FROM public.{table}
WHERE {bounds}
ORDER BY id OFFSET {rows} LIMIT 1
