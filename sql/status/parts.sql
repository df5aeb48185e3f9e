-- When each part gave its last sign of life, which process that was, and where those are that gave one lately.
SELECT
    expected.name,
    max(parts.seen_at) AS seen_at,
    coalesce(max(parts.seen_at) > clock_timestamp() - interval '8 s', false) AS alive,
    coalesce(
        array_agg(parts.host ORDER BY parts.host) FILTER (WHERE parts.seen_at > clock_timestamp() - interval '8 s'),
        '{}'
    ) AS hosts,
    (array_agg(parts.host ORDER BY parts.seen_at DESC))[1] AS host,
    (array_agg(parts.pid ORDER BY parts.seen_at DESC))[1] AS pid
FROM
    unnest(ARRAY['worker', 'beat', 'relay', 'guard', 'api']) WITH ORDINALITY AS expected (name, place)
    LEFT JOIN analytics.parts() USING (name)
GROUP BY expected.name, expected.place
ORDER BY expected.place
