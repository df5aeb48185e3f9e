-- How many rows a range has, and a checksum of them, here or at MentorHub; in one encoding.
SELECT
    count(*),
    sum(('x' || left(md5(convert_to(ROW ({names})::text, 'UTF8')), 15))::bit(60)::bigint)
FROM public.{table}
WHERE {bounds}
