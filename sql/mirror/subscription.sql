-- Our subscription, how far it has come (parallel workers say nothing about that), and whether it
-- still asks for all that we made it ask for. A server older than 16 has no suborigin, which then is
-- that of `without`.
SELECT
    subscription.subenabled,
    EXISTS (SELECT FROM pg_stat_subscription WHERE subid = subscription.oid AND pid IS NOT NULL),
    (
        SELECT max(latest_end_lsn) - '0/0'::pg_lsn
        FROM pg_stat_subscription
        WHERE subid = subscription.oid AND relid IS NULL
    )::bigint,
    coalesce(stats.apply_error_count, 0),
    coalesce(
        subscription.subpublications = ARRAY['mentorhub_analytics']
        AND subscription.subslotname = 'mentorhub_analytics'
        AND NOT subscription.subbinary
        AND (SELECT suborigin FROM pg_subscription AS same WHERE same.oid = subscription.oid) = 'any',
        false
    )
FROM
    (SELECT 'any' AS suborigin) AS without
    CROSS JOIN pg_subscription AS subscription
    LEFT JOIN pg_stat_subscription_stats AS stats ON stats.subid = subscription.oid
WHERE
    subscription.subname = 'mentorhub_analytics'
    AND subscription.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
