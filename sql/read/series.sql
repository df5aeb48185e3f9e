-- The window of a question by hour or minute: where it begins and ends, and since when that is kept.
SELECT
    window_asked.first,
    window_asked.last,
    series.since
FROM
    analytics.series
    CROSS JOIN analytics.reporting
    CROSS JOIN LATERAL (SELECT ('1 ' || series.grain)::interval AS step) AS grain_of
    CROSS JOIN LATERAL (
        SELECT
            date_trunc(
                series.grain,
                coalesce(
                    CAST(:last AS timestamptz),
                    ((CAST(:last_day AS date) + 1)::timestamp AT TIME ZONE reporting.timezone) - grain_of.step,
                    analytics.now()
                ),
                reporting.timezone
            ) AS last
    ) AS ended
    CROSS JOIN LATERAL (
        SELECT
            ended.last,
            date_trunc(
                series.grain,
                coalesce(
                    CAST(:first AS timestamptz),
                    CAST(:first_day AS date)::timestamp AT TIME ZONE reporting.timezone,
                    (analytics.today() - CAST(:days AS integer) + 1)::timestamp AT TIME ZONE reporting.timezone,
                    ended.last - CASE series.grain WHEN 'hour' THEN interval '23 hours' ELSE interval '59 minutes' END
                ),
                reporting.timezone
            ) AS first
    ) AS window_asked
WHERE series.grain = :grain
