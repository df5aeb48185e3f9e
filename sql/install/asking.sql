-- How MentorHub is asked: over one connection of a session's own, which is kept.
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
    detail  text;
    context text;
    refusal text;
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
            refusal := NULL;
            EXIT;
        EXCEPTION
            -- away, full, busy, a standby by now, of other rights: whatever it is, folds go on without
            WHEN OTHERS OR query_canceled THEN
                GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, context = PG_EXCEPTION_CONTEXT;
                -- by MentorHub's server, and not ours: then somebody wants our session to stop
                IF SQLSTATE = '57014' AND context NOT LIKE '%dblink connection%' THEN
                    RAISE;
                END IF;
                -- who isn't let in is told so in the detail
                refusal := split_part(regexp_replace(CASE WHEN SQLSTATE ^@ '08' THEN coalesce(nullif(detail, ''), SQLERRM) ELSE SQLERRM END, '^.*FATAL: *', ''), E'\n', 1);
                PERFORM control.hang_up();
        END;
        -- a kept connection may be of before MentorHub's server was restarted
        EXIT WHEN NOT is_kept;
    END LOOP;
    PERFORM set_config('analytics.refusal', coalesce(refusal, ''), false);
    -- ages are measured with our clock, which MentorHub's may be ahead of
    ask.clock := CASE WHEN ask.clock > by_ours THEN by_ours ELSE ask.clock END;
END
$$;
COMMENT ON FUNCTION control.ask() IS 'MentorHub''s clock, its witness, and a position of its WAL behind all that was committed by then; NULL when it does not answer: then the session''s analytics.refusal says why.';
