CREATE TABLE control.source (
    conninfo text NOT NULL,
    timeline text NOT NULL,
    witness  text NOT NULL,
    legible  text NOT NULL,
    reached  pg_lsn
);
CREATE UNIQUE INDEX source_is_one_row ON control.source ((true));
COMMENT ON TABLE control.source IS 'Where replication comes from; one row, none where nothing is replicated. The owner''s alone.';
COMMENT ON COLUMN control.source.conninfo IS 'How this server reaches MentorHub''s: the subscription''s connection string, with its password.';
COMMENT ON COLUMN control.source.timeline IS 'Of MentorHub''s WAL: another one is another history of the same database.';
COMMENT ON COLUMN control.source.witness IS 'The query for what a proof depends on at MentorHub: sql/source/witness.sql.';
COMMENT ON COLUMN control.source.legible IS 'What MentorHub is asked for in place of a text column, for format(): sql/source/legible.sql where its text may be any bytes.';
COMMENT ON COLUMN control.source.reached IS 'How far that WAL was applied when the guard last looked: MentorHub can''t be before that, unless it was restored from a backup.';

CREATE TABLE control.question (
    asked_at  timestamptz,
    clock     timestamptz,
    upto      pg_lsn,
    there     jsonb,
    confirmed timestamptz
);
CREATE UNIQUE INDEX question_is_one_row ON control.question ((true));
INSERT INTO control.question DEFAULT VALUES;
COMMENT ON TABLE control.question IS 'The last question that folds asked MentorHub; one row.';
COMMENT ON COLUMN control.question.asked_at IS 'When it was answered or failed, by our clock.';
COMMENT ON COLUMN control.question.clock IS 'MentorHub''s clock in the answer; NULL when there was none.';
COMMENT ON COLUMN control.question.upto IS 'The position of its WAL in the answer; NULL as soon as that is applied.';
COMMENT ON COLUMN control.question.there IS 'MentorHub''s witness in the answer, which the proofs are held against.';
COMMENT ON COLUMN control.question.confirmed IS 'MentorHub''s clock at the last position that was applied.';

CREATE TABLE control.health (
    looked_at timestamptz,
    since     timestamptz,
    sentence  text
);
CREATE UNIQUE INDEX health_is_one_row ON control.health ((true));
INSERT INTO control.health DEFAULT VALUES;
COMMENT ON TABLE control.health IS 'What the guard sees of replication; one row.';
COMMENT ON COLUMN control.health.looked_at IS 'When it last looked; NULL when no guard has run yet.';
COMMENT ON COLUMN control.health.since IS 'Since when it has been as the sentence says.';
COMMENT ON COLUMN control.health.sentence IS 'What is wrong; NULL when all is well.';
GRANT SELECT ON control.health TO analytics_worker;

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

CREATE FUNCTION control.hang_up() RETURNS void
VOLATILE LANGUAGE plpgsql
SET search_path = pg_catalog, link, public, pg_temp
AS $$
DECLARE
    line text;
BEGIN
    FOREACH line IN ARRAY coalesce(dblink_get_connections(), '{}') LOOP
        IF line ^@ 'mentorhub ' THEN
            PERFORM dblink_disconnect(line);
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION control.hang_up() IS 'Ends this session''s connection to MentorHub.';

CREATE FUNCTION control.line() RETURNS text
VOLATILE LANGUAGE plpgsql
SET search_path = pg_catalog, link, public, pg_temp
AS $$
DECLARE
    address text := (SELECT conninfo FROM control.source);
    line    text := 'mentorhub ' || md5(address);
BEGIN
    IF address IS NULL OR line = ANY (dblink_get_connections()) THEN
        RETURN line;
    END IF;
    PERFORM control.hang_up();
    -- A fold waits for this: the last connect_timeout counts.
    PERFORM dblink_connect(line, address || ' connect_timeout=2 application_name=analytics_line');
    -- Other settings are in the address, for all that goes there; an older server would not take this one there.
    -- Whatever becomes of us, nobody there waits for us longer than a second.
    PERFORM dblink_exec(
        line,
        $sql$
            SET lock_timeout = '400ms';
            SET statement_timeout = '1s';
            SET idle_in_transaction_session_timeout = '1s';
            DO $do$
            BEGIN
                IF current_setting('server_version_num')::integer >= 170000 THEN
                    SET transaction_timeout = '1s';
                END IF;
            END
            $do$
        $sql$
    );
    RETURN line;
END
$$;
COMMENT ON FUNCTION control.line() IS 'The name of this session''s connection to MentorHub, which is made once and kept: logging in costs MentorHub more than answering. NULL where no MentorHub is known.';

-- Beside audits of the mirror, the one question that MentorHub is asked while we run. The time in
-- replication's own messages won't do: the sender also tells it while it is still busy with
-- transactions committed earlier.
CREATE FUNCTION control.ask(OUT clock timestamptz, OUT there jsonb, OUT upto pg_lsn)
VOLATILE LANGUAGE plpgsql
SET search_path = pg_catalog, link, public, pg_temp
AS $$
DECLARE
    line    text;
    is_kept boolean;
    by_ours timestamptz := clock_timestamp();
BEGIN
    FOR attempt IN 1..2 LOOP
        is_kept := dblink_get_connections() IS NOT NULL;
        BEGIN
            line := control.line();
            IF line IS NOT NULL THEN
                -- sql/source/position.sql, in the words of a function. The clock is read before the
                -- statement's snapshot is taken, so that the witness speaks of all until then.
                SELECT answer.clock, answer.there, answer.upto
                INTO STRICT ask.clock, ask.there, ask.upto
                FROM dblink(
                    line,
                    format(
                        $sql$
                        SELECT
                            statement_timestamp(),
                            (%s),
                            pg_logical_emit_message(true, 'mentorhub_analytics', ''),
                            set_config('synchronous_commit', 'local', true)
                        $sql$,
                        (SELECT witness FROM control.source)
                    )
                ) AS answer (clock timestamptz, there jsonb, upto pg_lsn, setting text);
            END IF;
            EXIT;
        EXCEPTION
            -- away, full, busy, starting or stopping, or a standby by now
            WHEN connection_exception
                OR insufficient_resources
                OR admin_shutdown
                OR crash_shutdown
                OR cannot_connect_now
                OR idle_session_timeout
                OR lock_not_available
                OR read_only_sql_transaction
            THEN
                PERFORM control.hang_up();
        END;
        -- a kept connection may be of before MentorHub's server was restarted
        EXIT WHEN NOT is_kept;
    END LOOP;
    -- ages are measured with our clock, which MentorHub's may be ahead of
    ask.clock := CASE WHEN ask.clock > by_ours THEN by_ours ELSE ask.clock END;
END
$$;
COMMENT ON FUNCTION control.ask() IS 'MentorHub''s clock, its witness, and a position of its WAL behind all that was committed by then; NULL when it does not answer.';

CREATE FUNCTION control.confirmed_until() RETURNS timestamptz
VOLATILE LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    known control.question;
    pause interval;
BEGIN
    SELECT * INTO known FROM control.question FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        -- another session is asking at this moment
        SELECT * INTO STRICT known FROM control.question;
    ELSE
        IF known.asked_at > clock_timestamp() THEN
            -- our clock was set back: what was measured with it says nothing
            known := NULL;
        ELSIF control.applied(known.upto) THEN
            known.confirmed := known.clock;
            known.upto := NULL;
        END IF;
        pause := CASE WHEN known.clock IS NULL THEN interval '2 s' ELSE interval '200 ms' END;
        IF known.upto IS NULL AND coalesce(known.asked_at < clock_timestamp() - pause, true) THEN
            SELECT asked.clock, asked.there, asked.upto
            INTO known.clock, known.there, known.upto
            FROM control.ask() AS asked;
            known.asked_at := clock_timestamp();
        END IF;
        UPDATE control.question
        SET
            asked_at = known.asked_at,
            clock = known.clock,
            there = known.there,
            upto = known.upto,
            confirmed = known.confirmed
        WHERE (question.asked_at, question.upto) IS DISTINCT FROM (known.asked_at, known.upto);
    END IF;
    RETURN CASE
        WHEN known.clock IS NULL THEN NULL
        WHEN known.upto IS NOT NULL AND known.asked_at < clock_timestamp() - interval '5 s' THEN NULL
        WHEN control.is_proven(known.there) THEN known.confirmed
    END;
END
$$;
COMMENT ON FUNCTION control.confirmed_until() IS 'What the last question has confirmed; asks the next one when its time has come, 200 ms after the last, and waits for nothing but its answer.';

CREATE FUNCTION control.caught_up(INOUT looks_left integer, OUT clock timestamptz, OUT there jsonb)
VOLATILE LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    asked record;
BEGIN
    SELECT * INTO STRICT asked FROM control.ask();
    WHILE asked.upto IS NOT NULL AND looks_left > 0 LOOP
        looks_left := looks_left - 1;
        IF control.applied(asked.upto) THEN
            clock := asked.clock;
            there := asked.there;
            RETURN;
        END IF;
        PERFORM pg_sleep(0.02);
    END LOOP;
END
$$;
COMMENT ON FUNCTION control.caught_up(integer) IS 'Waits until the mirror has what MentorHub had committed before the call: for so many looks of 20 ms, counted as a clock may be set back. MentorHub''s clock and witness then; NULL when it took longer, or MentorHub does not answer.';

CREATE FUNCTION control.replicated_until(patience interval DEFAULT '5 s') RETURNS timestamptz
VOLATILE LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    looks_left integer := ceil(extract(EPOCH FROM patience) / 0.02);
    reached    record;
BEGIN
    IF NOT control.is_replicated() THEN
        RETURN now();
    END IF;
    IF looks_left <= 0 THEN
        RETURN control.confirmed_until();
    END IF;
    LOOP
        SELECT * INTO STRICT reached FROM control.caught_up(looks_left);
        IF reached.clock IS NULL OR control.is_proven(reached.there) THEN
            RETURN reached.clock;
        END IF;
        -- a comparison may be under way
        looks_left := reached.looks_left - 10;
        EXIT WHEN looks_left <= 0;
        PERFORM pg_sleep(0.2);
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION control.replicated_until(interval) IS 'A time of MentorHub''s clock, and not after ours, up to which every commit is in the mirror for whoever looks after this call. With patience, everything committed before the call is waited for; without, it is the newest time known. NULL while replication is behind or down, or the mirror is not proven; now where nothing is replicated. To be called outside of a transaction.';
