CREATE TABLE control.source (
    conninfo text NOT NULL
);
CREATE UNIQUE INDEX source_is_one_row ON control.source ((true));
COMMENT ON TABLE control.source IS 'Where replication comes from; one row, none where nothing is replicated. The owner''s alone.';
COMMENT ON COLUMN control.source.conninfo IS 'How this server reaches MentorHub''s: the subscription''s connection string, with its password.';

CREATE FUNCTION control.applied(upto pg_lsn) RETURNS boolean
VOLATILE LANGUAGE sql
BEGIN ATOMIC
    SELECT coalesce(bool_or(stat.latest_end_lsn >= upto), false)
    FROM pg_stat_subscription AS stat
    INNER JOIN pg_subscription AS subscription ON subscription.oid = stat.subid
    WHERE
        stat.subname = 'mentorhub_analytics'
        AND stat.relid IS NULL
        AND subscription.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database());
END;
COMMENT ON FUNCTION control.applied(pg_lsn) IS 'Whether the mirror holds everything before this position of MentorHub''s WAL.';

-- The one question that MentorHub is asked while we run. The time in replication's own messages
-- won't do: the sender also tells it while it is still busy with transactions committed earlier.
CREATE FUNCTION control.replicated_until() RETURNS timestamptz
VOLATILE LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, link, public, pg_temp
AS $$
DECLARE
    address  text := (SELECT conninfo FROM control.source);
    patience timestamptz := clock_timestamp() + interval '5 s';
    asked    record;
BEGIN
    IF NOT EXISTS (
        SELECT
        FROM pg_subscription
        WHERE
            subname = 'mentorhub_analytics'
            AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    ) THEN
        RETURN now();
    END IF;
    IF address IS NULL THEN
        RETURN NULL;
    END IF;
    -- sql/source/position.sql, in the words of a function
    SELECT * INTO STRICT asked
    FROM dblink(
        address,
        $sql$
            SELECT
                clock_timestamp(),
                pg_logical_emit_message(true, 'mentorhub_analytics', ''),
                set_config('synchronous_commit', 'local', true)
        $sql$
    ) AS answer (at timestamptz, position pg_lsn, setting text);
    LOOP
        IF control.applied(asked.position) THEN
            RETURN asked.at;
        END IF;
        EXIT WHEN clock_timestamp() > patience;
        PERFORM pg_sleep(0.02);
    END LOOP;
    RETURN NULL;
EXCEPTION
    -- away, full, starting or stopping, or a standby by now
    WHEN connection_exception OR insufficient_resources OR operator_intervention OR read_only_sql_transaction THEN
        RETURN NULL;
END
$$;
COMMENT ON FUNCTION control.replicated_until() IS 'A time of MentorHub''s clock up to which every commit has arrived, a few seconds old at most; NULL while replication is behind or down, now where nothing is replicated.';
