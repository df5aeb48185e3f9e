-- A worker may not see what others' sessions do; their owner may, if it is a superuser or reads statistics.
CREATE FUNCTION control.blockers()
RETURNS TABLE (pid integer, application text, login text, since timestamptz, waiting text, query text, command text)
VOLATILE LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH
        waits AS (
            SELECT
                blocker.pid,
                min(lock.waitstart) AS since,
                string_agg(DISTINCT coalesce(nullif(waiter.application_name, ''), waiter.backend_type), ', ') AS waiting
            FROM
                pg_locks AS lock
                INNER JOIN pg_stat_activity AS waiter ON waiter.pid = lock.pid
                CROSS JOIN LATERAL unnest(pg_blocking_pids(lock.pid)) AS blocker (pid)
            WHERE NOT lock.granted AND waiter.datname = current_database()
            GROUP BY blocker.pid
        )
    -- at the head of the queue: who waits is no culprit
    SELECT
        waits.pid,
        coalesce(nullif(holder.application_name, ''), holder.backend_type),
        holder.usename::text,
        coalesce(holder.xact_start, waits.since),
        waits.waiting,
        left(holder.query, 100),
        format('SELECT pg_terminate_backend(%s)', waits.pid)
    FROM waits INNER JOIN pg_stat_activity AS holder ON holder.pid = waits.pid
    WHERE
        waits.since < clock_timestamp() - interval '2 s'
        AND NOT EXISTS (SELECT FROM pg_locks AS lock WHERE lock.pid = waits.pid AND NOT lock.granted)
        -- one of ours that is at work keeps the others waiting by right
        AND NOT (
            holder.application_name ^@ 'analytics'
            AND (holder.state = 'active' OR holder.state_change > clock_timestamp() - interval '2 s')
        )
        AND holder.backend_type = 'client backend'
    UNION ALL
    SELECT
        NULL,
        'prepared transaction ' || prepared.gid,
        prepared.owner::text,
        prepared.prepared,
        (SELECT string_agg(waits.waiting, ', ') FROM waits WHERE waits.pid = 0),
        NULL,
        format('ROLLBACK PREPARED %L', prepared.gid)
    FROM pg_prepared_xacts AS prepared
    WHERE
        prepared.database = current_database()
        AND EXISTS (SELECT FROM waits WHERE waits.pid = 0 AND waits.since < clock_timestamp() - interval '2 s')
    ORDER BY 4;
END;
COMMENT ON FUNCTION control.blockers() IS 'Sessions that others in this database have waited for longer than 2 seconds: since when, who waits, and what ends them.';

CREATE FUNCTION control.snapshots()
RETURNS TABLE (pid integer, application text, login text, since timestamptz, query text, dead_rows bigint, command text)
VOLATILE LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT
        held.pid,
        held.application,
        held.login,
        held.since,
        held.query,
        (
            SELECT sum(n_dead_tup)::bigint
            FROM pg_stat_user_tables
            WHERE schemaname IN ('analytics', 'capture', 'control', 'correction', 'public')
        ),
        held.command
    FROM (
        SELECT
            pg_stat_activity.pid,
            coalesce(nullif(application_name, ''), backend_type) AS application,
            usename::text AS login,
            xact_start AS since,
            left(pg_stat_activity.query, 100) AS query,
            format('SELECT pg_terminate_backend(%s)', pg_stat_activity.pid) AS command
        FROM pg_stat_activity
        WHERE
            datname = current_database()
            AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)
            AND backend_type = 'client backend'
            AND NOT (application_name ^@ 'analytics' AND state = 'active')
        UNION ALL
        SELECT NULL, 'prepared transaction ' || gid, owner::text, prepared, NULL, format('ROLLBACK PREPARED %L', gid)
        FROM pg_prepared_xacts
        WHERE database = current_database()
    ) AS held
    WHERE held.since < clock_timestamp() - interval '1 min'
    ORDER BY held.since;
END;
COMMENT ON FUNCTION control.snapshots() IS 'Transactions that have been open in this database for longer than a minute: rows that went or changed since can''t be cleared away, and every fold passes by more of them.';
