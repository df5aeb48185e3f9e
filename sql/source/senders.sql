-- How many WAL senders MentorHub's server has at work, and how many it may have.
SELECT
    count(*),
    current_setting('max_wal_senders')::integer
FROM pg_stat_get_wal_senders()
