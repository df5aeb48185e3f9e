-- On which days a zone is not, to this server, what the tz database says; and whether its name is an
-- abbreviation here, which stands for a fixed offset. `ahead`: seconds, a day each from `first` on,
-- counted from the first of 1970.
SELECT
    count(*) AS days,
    min(moment) AS first,
    max(moment) AS last,
    EXISTS (SELECT FROM pg_timezone_abbrevs WHERE abbrev = upper(%(zone)s)) AS is_abbreviation
FROM
    unnest(%(ahead)s::integer[]) WITH ORDINALITY AS known (ahead, place)
    CROSS JOIN LATERAL (VALUES (to_timestamp((%(first)s + place - 1) * 86400))) AS day (moment)
WHERE extract(EPOCH FROM (moment AT TIME ZONE %(zone)s) - (moment AT TIME ZONE 'UTC')) <> ahead
