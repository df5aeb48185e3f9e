-- The transactions that are open in this database besides our own; whoever asks need not be allowed
-- to see since when.
SELECT coalesce(array_agg(pg_locks.virtualxid), '{}')
FROM pg_locks INNER JOIN pg_stat_activity USING (pid)
WHERE
    pg_locks.locktype = 'virtualxid'
    AND pg_stat_activity.datname = current_database()
    AND pg_stat_activity.pid <> pg_backend_pid()
