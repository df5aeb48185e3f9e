-- Whether all up to a position of MentorHub's WAL is applied, and up to where something has come.
SELECT
    coalesce(bool_or(stat.latest_end_lsn >= %(position)s::pg_lsn), false),
    max(stat.received_lsn)::text
FROM
    pg_stat_subscription AS stat
    INNER JOIN pg_subscription AS subscription ON subscription.oid = stat.subid
WHERE
    stat.subname = 'mentorhub_analytics'
    AND stat.relid IS NULL
    AND subscription.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
