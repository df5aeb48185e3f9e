-- On which days a zone is not, to this server, what the tz database says; and whether its name is an
-- abbreviation here, which stands for a fixed offset.
SELECT
    count(*) AS days,
    min(moment) AS first,
    max(moment) AS last,
    EXISTS (SELECT FROM pg_timezone_abbrevs WHERE abbrev = upper(%(zone)s)) AS is_abbreviation
FROM unnest(%(moments)s::timestamptz[], %(ahead)s::integer[]) AS known (moment, ahead)
WHERE extract(EPOCH FROM (moment AT TIME ZONE %(zone)s) - (moment AT TIME ZONE 'UTC')) <> ahead
