CREATE TABLE control.source (
    conninfo text NOT NULL,
    timeline text NOT NULL,
    reached  pg_lsn
);
CREATE UNIQUE INDEX source_is_one_row ON control.source ((true));
COMMENT ON TABLE control.source IS 'Where replication comes from; one row, none where nothing is replicated. The owner''s alone.';
COMMENT ON COLUMN control.source.conninfo IS 'How this server reaches MentorHub''s: the subscription''s connection string, with its password.';
COMMENT ON COLUMN control.source.timeline IS 'Of MentorHub''s WAL: another one is another history of the same database.';
COMMENT ON COLUMN control.source.reached IS 'How far that WAL was applied when the guard last looked: MentorHub can''t be before that, unless it was restored from a backup.';

CREATE TABLE control.question (
    asked_at  timestamptz,
    clock     timestamptz,
    upto      pg_lsn,
    confirmed timestamptz
);
CREATE UNIQUE INDEX question_is_one_row ON control.question ((true));
INSERT INTO control.question DEFAULT VALUES;
COMMENT ON TABLE control.question IS 'The last question that folds asked MentorHub; one row.';
COMMENT ON COLUMN control.question.asked_at IS 'When it was answered or failed, by our clock.';
COMMENT ON COLUMN control.question.clock IS 'MentorHub''s clock in the answer; NULL when there was none.';
COMMENT ON COLUMN control.question.upto IS 'The position of its WAL in the answer; NULL as soon as that is applied.';
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

CREATE TABLE control.mirror_audit (
    mirrored   text PRIMARY KEY,
    next_id    bigint,
    audited_at timestamptz NOT NULL,
    incidents  bigint NOT NULL
);
COMMENT ON TABLE control.mirror_audit IS 'How far the mirror was compared with MentorHub''s tables.';
COMMENT ON COLUMN control.mirror_audit.mirrored IS 'The table in schema public.';
COMMENT ON COLUMN control.mirror_audit.next_id IS 'Where the next range begins; NULL for the beginning.';
COMMENT ON COLUMN control.mirror_audit.audited_at IS 'When a range was last compared.';
COMMENT ON COLUMN control.mirror_audit.incidents IS 'Differing rows found since the installation.';
GRANT SELECT ON control.mirror_audit TO analytics_worker;

CREATE FUNCTION control.is_replicated() RETURNS boolean
VOLATILE LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    -- without a subscription, but with a source, it is about to be resynchronised
    SELECT
        EXISTS (SELECT FROM control.source)
        OR EXISTS (
            SELECT
            FROM pg_subscription
            WHERE
                subname = 'mentorhub_analytics'
                AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        );
END;
COMMENT ON FUNCTION control.is_replicated() IS 'Whether the mirror follows a MentorHub; tests write into it by themselves.';

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
    -- all other settings are in the address; an older server would not take this one there
    PERFORM dblink_exec(
        line,
        $sql$
            DO $do$
            BEGIN
                IF current_setting('server_version_num')::integer >= 170000 THEN
                    SET transaction_timeout = 0;
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
CREATE FUNCTION control.ask(OUT clock timestamptz, OUT upto pg_lsn)
VOLATILE LANGUAGE plpgsql
SET search_path = pg_catalog, link, public, pg_temp
AS $$
DECLARE
    line    text;
    is_kept boolean;
BEGIN
    FOR attempt IN 1..2 LOOP
        is_kept := dblink_get_connections() IS NOT NULL;
        BEGIN
            line := control.line();
            IF line IS NOT NULL THEN
                -- sql/source/position.sql, in the words of a function
                SELECT answer.clock, answer.upto
                INTO STRICT ask.clock, ask.upto
                FROM dblink(
                    line,
                    $sql$
                        SELECT
                            clock_timestamp(),
                            pg_logical_emit_message(true, 'mentorhub_analytics', ''),
                            set_config('synchronous_commit', 'local', true)
                    $sql$
                ) AS answer (clock timestamptz, upto pg_lsn, setting text);
            END IF;
            EXIT;
        EXCEPTION
            -- away, full, starting or stopping, or a standby by now
            WHEN connection_exception
                OR insufficient_resources
                OR admin_shutdown
                OR crash_shutdown
                OR cannot_connect_now
                OR idle_session_timeout
                OR read_only_sql_transaction
            THEN
                PERFORM control.hang_up();
        END;
        -- a kept connection may be of before MentorHub's server was restarted
        EXIT WHEN NOT is_kept;
    END LOOP;
END
$$;
COMMENT ON FUNCTION control.ask() IS 'MentorHub''s clock, and a position of its WAL behind all that was committed by then; NULL when it does not answer.';

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
        IF control.applied(known.upto) THEN
            known.confirmed := known.clock;
            known.upto := NULL;
        END IF;
        pause := CASE WHEN known.clock IS NULL THEN interval '2 s' ELSE interval '200 ms' END;
        IF known.upto IS NULL AND coalesce(known.asked_at < clock_timestamp() - pause, true) THEN
            SELECT asked.clock, asked.upto INTO known.clock, known.upto FROM control.ask() AS asked;
            known.asked_at := clock_timestamp();
        END IF;
        UPDATE control.question
        SET asked_at = known.asked_at, clock = known.clock, upto = known.upto, confirmed = known.confirmed
        WHERE (question.asked_at, question.upto) IS DISTINCT FROM (known.asked_at, known.upto);
    END IF;
    RETURN CASE
        WHEN known.clock IS NULL THEN NULL
        WHEN known.upto IS NOT NULL AND known.asked_at < clock_timestamp() - interval '5 s' THEN NULL
        ELSE known.confirmed
    END;
END
$$;
COMMENT ON FUNCTION control.confirmed_until() IS 'What the last question has confirmed; asks the next one when its time has come, 200 ms after the last, and waits for nothing but its answer.';

CREATE FUNCTION control.replicated_until(patience interval DEFAULT '5 s') RETURNS timestamptz
VOLATILE LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    deadline timestamptz := clock_timestamp() + patience;
    asked    record;
BEGIN
    IF NOT control.is_replicated() THEN
        RETURN now();
    END IF;
    IF patience <= interval '0' THEN
        RETURN control.confirmed_until();
    END IF;
    SELECT * INTO STRICT asked FROM control.ask();
    WHILE asked.upto IS NOT NULL LOOP
        IF control.applied(asked.upto) THEN
            RETURN asked.clock;
        END IF;
        EXIT WHEN clock_timestamp() > deadline;
        PERFORM pg_sleep(0.02);
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION control.replicated_until(interval) IS 'A time of MentorHub''s clock up to which every commit is in the mirror for whoever looks after this call. With patience, everything committed before the call is waited for; without, it is the newest time known. NULL while replication is behind or down, now where nothing is replicated. To be called outside of a transaction.';

CREATE FUNCTION control.published(mirrored text, OUT names text, OUT definitions text)
STABLE LANGUAGE sql
BEGIN ATOMIC
    SELECT
        string_agg(quote_ident(attname), ', ' ORDER BY attnum),
        string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum)
    FROM pg_attribute
    WHERE
        attrelid = format('public.%I', mirrored)::regclass
        AND attnum > 0
        AND NOT attisdropped
        -- of a column that has another name there, ours is a copy
        AND attgenerated = ''
        AND attname <> 'w';
END;
COMMENT ON FUNCTION control.published(text) IS 'The columns of a mirrored table that MentorHub publishes, and the same with their types here.';

CREATE FUNCTION control.theirs(mirrored text) RETURNS text
STABLE LANGUAGE sql
BEGIN ATOMIC
    SELECT coalesce(
        (
            SELECT relname
            FROM pg_inherits INNER JOIN pg_class ON pg_class.oid = inhparent
            WHERE inhrelid = format('public.%I', mirrored)::regclass
        ),
        mirrored
    );
END;
COMMENT ON FUNCTION control.theirs(text) IS 'MentorHub''s name of a mirrored table. Where it is not ours, it is here as well: ours is the only partition.';

CREATE FUNCTION control.range(lower bigint, upper bigint) RETURNS text
IMMUTABLE LANGUAGE sql
RETURN concat_ws(' AND ', 'true', 'id >= ' || lower, 'id < ' || upper);
COMMENT ON FUNCTION control.range(bigint, bigint) IS 'The condition for ids from lower on and below upper; NULL is no bound.';

CREATE FUNCTION control.range_end(line text, mirrored text, lower bigint) RETURNS bigint
VOLATILE LANGUAGE plpgsql
SET search_path = pg_catalog, link, public, pg_temp
AS $$
DECLARE
    query text := format(
        'SELECT id FROM public.%I WHERE %s ORDER BY id OFFSET 20000 LIMIT 1',
        control.theirs(mirrored),
        control.range(lower, NULL)
    );
    here  bigint;
BEGIN
    EXECUTE query INTO here;
    RETURN least(here, (SELECT id FROM dblink(line, query) AS there (id bigint)));
END
$$;
COMMENT ON FUNCTION control.range_end(text, text, bigint) IS 'Where a range ends that holds 20,000 rows at most, here and at MentorHub; NULL for the last one.';

CREATE FUNCTION control.make_equal(line text, mirrored text, condition text) RETURNS bigint
VOLATILE LANGUAGE plpgsql
SET search_path = pg_catalog, link, public, pg_temp
AS $$
DECLARE
    published record;
    changed   bigint;
BEGIN
    SELECT * INTO STRICT published FROM control.published(mirrored);
    -- *<> compares what is stored: 1.0 and 1.00 are equal, and print differently
    EXECUTE format(
        $sql$
        WITH
            difference AS MATERIALIZED (
                SELECT theirs.*, coalesce(theirs.id, ours.id) AS key, theirs.id IS NULL AS is_gone, ours.id IS NULL AS is_new
                FROM
                    dblink(%1$L, 'SELECT %2$s FROM public.%3$I WHERE ' || %4$L) AS theirs (%5$s)
                    FULL JOIN (SELECT * FROM public.%3$I WHERE %4$s) AS ours ON ours.id = theirs.id
                WHERE ROW (%6$s)::record *<> ROW (%7$s)::record
            ),
            deleted AS (
                DELETE FROM public.%3$I AS ours USING difference WHERE is_gone AND ours.id = key
            ),
            updated AS (
                UPDATE public.%3$I AS ours
                SET (%2$s) = ROW (%8$s)
                FROM difference
                WHERE NOT is_gone AND NOT is_new AND ours.id = key
            ),
            inserted AS (
                INSERT INTO public.%3$I (%2$s) SELECT %2$s FROM difference WHERE is_new
            )
        SELECT count(*) FROM difference
        $sql$,
        line,
        published.names,
        control.theirs(mirrored),
        condition,
        published.definitions,
        control.each('theirs.?', string_to_array(published.names, ', ')),
        control.each('ours.?', string_to_array(published.names, ', ')),
        control.each('difference.?', string_to_array(published.names, ', '))
    ) INTO STRICT changed;
    RETURN changed;
END
$$;
COMMENT ON FUNCTION control.make_equal(text, text, text) IS 'Inserts, updates and deletes the rows of a mirrored table that differ from MentorHub''s; returns how many. Triggers capture it like replication.';

-- What follows is a part of resynchronising: workers/mirror.py has the rest. No subscription exists
-- meanwhile, so that nobody else writes into the mirror.
CREATE FUNCTION control.make_mirror_equal(conninfo text, timeline text, snapshot text) RETURNS bigint
VOLATILE LANGUAGE plpgsql
SET search_path = pg_catalog, link, public, pg_temp
AS $$
DECLARE
    line     text := 'mentorhub snapshot';
    mirrored text;
    lower    bigint;
    upper    bigint;
    changed  bigint := 0;
BEGIN
    PERFORM control.hang_up();
    PERFORM dblink_connect(line, conninfo);
    PERFORM dblink_exec(line, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    PERFORM dblink_exec(line, format('SET TRANSACTION SNAPSHOT %L', snapshot));
    FOREACH mirrored IN ARRAY
        ARRAY['users', 'courses', 'sessions', 'course_enrollments', 'progress', 'reviews', 'payments']
    LOOP
        upper := NULL;
        LOOP
            lower := upper;
            upper := control.range_end(line, mirrored, lower);
            changed := changed + control.make_equal(line, mirrored, control.range(lower, upper));
            EXIT WHEN upper IS NULL;
        END LOOP;
    END LOOP;
    PERFORM control.hang_up();

    DELETE FROM control.source;
    INSERT INTO control.source VALUES (make_mirror_equal.conninfo, make_mirror_equal.timeline);
    -- a position in another history says nothing in this one
    UPDATE control.question SET asked_at = NULL, clock = NULL, upto = NULL, confirmed = NULL;
    RETURN changed;
END
$$;
COMMENT ON FUNCTION control.make_mirror_equal(text, text, text) IS 'Makes the mirror what MentorHub''s tables are in an exported snapshot, in one transaction and by what differs; returns how many rows did.';

CREATE FUNCTION control.row_sums(mirrored text, condition text) RETURNS text
STABLE LANGUAGE sql
BEGIN ATOMIC
    SELECT
        format(
            'SELECT id, md5(convert_to(ROW (%s)::text, ''UTF8'')) AS sum FROM public.%I WHERE %s',
            names,
            control.theirs(mirrored),
            condition
        )
    FROM control.published(mirrored);
END;
COMMENT ON FUNCTION control.row_sums(text, text) IS 'The query for a checksum of each row, here and at MentorHub: of the published columns'' text.';

CREATE FUNCTION control.differing(mirrored text, condition text) RETURNS TABLE (id bigint, there text, here text)
VOLATILE LANGUAGE plpgsql
SET search_path = pg_catalog, link, public, pg_temp
AS $$
DECLARE
    query text := control.row_sums(mirrored, condition);
    told  jsonb;
BEGIN
    SELECT coalesce(jsonb_object_agg(row_of.id, row_of.sum), '{}')
    INTO STRICT told
    FROM dblink(control.line(), query) AS row_of (id bigint, sum text);
    IF control.replicated_until('30 s') IS NULL THEN
        RAISE connection_exception USING MESSAGE = 'replication is behind or down';
    END IF;
    RETURN QUERY EXECUTE format(
        $sql$
        SELECT coalesce(theirs.key::bigint, ours.id), theirs.value, ours.sum
        FROM jsonb_each_text($1) AS theirs FULL JOIN (%s) AS ours ON ours.id = theirs.key::bigint
        WHERE theirs.value IS DISTINCT FROM ours.sum
        $sql$,
        query
    ) USING told;
END
$$;
COMMENT ON FUNCTION control.differing(text, text) IS 'Rows whose checksums differ: MentorHub''s read first, and ours when all committed by then has arrived. A change that came later differs too.';

CREATE FUNCTION control.listed(wrong jsonb) RETURNS text
IMMUTABLE LANGUAGE sql
-- the array takes the type of id: with another one, neither an index nor a hash would serve
RETURN format(
    'id = ANY (%L)',
    array(SELECT (entry ->> 'id')::bigint FROM jsonb_array_elements(wrong) AS listed (entry))
);
COMMENT ON FUNCTION control.listed(jsonb) IS 'The condition for the ids of these rows.';

CREATE FUNCTION control.audit_mirror(
    mirrored text, lower bigint, repair boolean, OUT next_id bigint, OUT wrong jsonb
)
VOLATILE LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, link, public, pg_temp
-- a row's text must be the same here and there
SET timezone = 'UTC'
SET datestyle = 'ISO, MDY'
SET intervalstyle = 'postgres'
SET extra_float_digits = 1
AS $$
DECLARE
    condition text;
    total     text;
    there     text;
    here      text;
BEGIN
    IF control.line() IS NULL THEN
        RAISE connection_exception USING MESSAGE = 'MentorHub''s address is not known yet';
    END IF;
    next_id := control.range_end(control.line(), mirrored, lower);
    condition := control.range(lower, next_id);
    total := format(
        'SELECT concat_ws('' '', count(*), sum((''x'' || left(sum, 15))::bit(60)::bigint)) FROM (%s) AS row_of',
        control.row_sums(mirrored, condition)
    );
    SELECT answer.total INTO STRICT there FROM dblink(control.line(), total) AS answer (total text);
    EXECUTE total INTO STRICT here;
    -- Twice: what differs in the same way again is no change under way.
    FOR attempt IN 1..2 LOOP
        EXIT WHEN there = here OR wrong = '[]';
        SELECT coalesce(jsonb_agg(suspect ORDER BY suspect.id), '[]')
        INTO STRICT wrong
        FROM control.differing(mirrored, condition) AS suspect
        WHERE wrong IS NULL OR to_jsonb(suspect) IN (SELECT jsonb_array_elements(wrong));
        condition := control.listed(wrong);
    END LOOP;
    wrong := coalesce(wrong, '[]');
    IF repair AND wrong <> '[]' THEN
        PERFORM control.make_equal(control.line(), mirrored, condition);
    END IF;
    INSERT INTO control.mirror_audit AS before (mirrored, next_id, audited_at, incidents)
    VALUES (audit_mirror.mirrored, audit_mirror.next_id, clock_timestamp(), jsonb_array_length(wrong))
    ON CONFLICT ON CONSTRAINT mirror_audit_pkey DO UPDATE
        SET
            next_id = excluded.next_id,
            audited_at = excluded.audited_at,
            incidents = before.incidents + excluded.incidents;
END
$$;
COMMENT ON FUNCTION control.audit_mirror(text, bigint, boolean) IS 'Compares a mirrored table from this id on, 20,000 rows at most, with MentorHub''s. next_id: where the next range begins, NULL after the last; wrong: id and checksums (there, here) of each row that differs and not only because a change is under way; with repair they are made equal.';
