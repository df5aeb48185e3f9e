-- Our subscription, and how far it has come; parallel workers say nothing about that.
SELECT
    subscription.subenabled,
    EXISTS (SELECT FROM pg_stat_subscription WHERE subid = subscription.oid AND pid IS NOT NULL),
    (
        SELECT max(latest_end_lsn) - '0/0'::pg_lsn
        FROM pg_stat_subscription
        WHERE subid = subscription.oid AND relid IS NULL
    )::bigint,
    coalesce(stats.apply_error_count, 0)
FROM
    pg_subscription AS subscription
    LEFT JOIN pg_stat_subscription_stats AS stats ON stats.subid = subscription.oid
WHERE
    subscription.subname = 'mentorhub_analytics'
    AND subscription.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
