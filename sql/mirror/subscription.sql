-- Our subscription, and how far it has come.
SELECT
    subscription.subenabled,
    (stat.latest_end_lsn - '0/0')::bigint,
    coalesce(stats.apply_error_count, 0)
FROM
    pg_subscription AS subscription
    LEFT JOIN pg_stat_subscription AS stat ON stat.subid = subscription.oid AND stat.relid IS NULL
    LEFT JOIN pg_stat_subscription_stats AS stats ON stats.subid = subscription.oid
WHERE
    subscription.subname = 'mentorhub_analytics'
    AND subscription.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
