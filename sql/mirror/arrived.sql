-- Whether all up to a position of MentorHub's WAL is applied, and up to which byte something has come.
SELECT
    coalesce(bool_or(stat.latest_end_lsn >= %(position)s::pg_lsn), false),
    coalesce(max(stat.received_lsn - '0/0'), 0)::bigint
FROM
    pg_stat_subscription AS stat
    INNER JOIN pg_subscription AS subscription ON subscription.oid = stat.subid
WHERE
    stat.subname = 'mentorhub_analytics'
    AND stat.relid IS NULL
    AND subscription.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
