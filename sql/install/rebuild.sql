-- A rebuild is an audit in slices, each in a transaction of its own that also says that it is done:
-- whoever is killed leaves a slice that is open, and none that is done twice.
CREATE TABLE control.run (
    id           text PRIMARY KEY,
    asked        jsonb NOT NULL DEFAULT '{}',
    reason       text NOT NULL,
    asked_by     text NOT NULL DEFAULT session_user,
    families     text [] NOT NULL DEFAULT '{}',
    requested_at timestamptz NOT NULL DEFAULT analytics.now(),
    started_at   timestamptz,
    paused_at    timestamptz,
    finished_at  timestamptz,
    cancelled_by text,
    rows_changed bigint,
    error        text
);
CREATE INDEX run_by_time ON control.run (requested_at);
COMMENT ON TABLE control.run IS 'Rebuilds asked for, running and done; those of the last 7 days.';
COMMENT ON COLUMN control.run.id IS 'Of the Celery task that was sent for it, chosen by whoever asked.';
COMMENT ON COLUMN control.run.asked IS 'What is to be recalculated: metrics (names of steps or families; all by default), from and to (days), course, user, mentor (ids).';
COMMENT ON COLUMN control.run.reason IS 'install, nightly, settings, request or audit.';
COMMENT ON COLUMN control.run.asked_by IS 'Who asked for it; a user of the API by id, no names.';
COMMENT ON COLUMN control.run.families IS 'The answers of which it recalculates a step as a whole; none once it is cancelled.';
COMMENT ON COLUMN control.run.requested_at IS 'When it was asked for.';
COMMENT ON COLUMN control.run.started_at IS 'When a worker parted it into slices.';
COMMENT ON COLUMN control.run.paused_at IS 'Since when no slice of it is begun.';
COMMENT ON COLUMN control.run.finished_at IS 'When it was done, given up or cancelled.';
COMMENT ON COLUMN control.run.cancelled_by IS 'Who cancelled it.';
COMMENT ON COLUMN control.run.rows_changed IS 'Rows that were not right.';
COMMENT ON COLUMN control.run.error IS 'Why it was given up; NULL when it was not.';

CREATE TABLE control.slice (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run        text NOT NULL REFERENCES control.run ON DELETE CASCADE,
    step       text NOT NULL,
    condition  text,
    cost       double precision NOT NULL,
    started_at timestamptz,
    done_at    timestamptz,
    rows_read  bigint,
    wrong      bigint
);
CREATE INDEX slice_of_run ON control.slice (run);
COMMENT ON TABLE control.slice IS 'What rebuilds are made of.';
COMMENT ON COLUMN control.slice.id IS 'Whoever is at work on it holds an advisory lock of this number.';
COMMENT ON COLUMN control.slice.run IS 'The rebuild.';
COMMENT ON COLUMN control.slice.step IS 'The summary, ranking or view.';
COMMENT ON COLUMN control.slice.condition IS 'Which rows of drift.STEP; NULL for all.';
COMMENT ON COLUMN control.slice.cost IS 'What the planner thinks that it costs.';
COMMENT ON COLUMN control.slice.started_at IS 'When it was last begun.';
COMMENT ON COLUMN control.slice.done_at IS 'When it was done; in the transaction that left its corrections.';
COMMENT ON COLUMN control.slice.rows_read IS 'Rows that were read for it, of all tables together.';
COMMENT ON COLUMN control.slice.wrong IS 'Rows that were not right.';

CREATE FUNCTION control.rows_read() RETURNS bigint
VOLATILE LANGUAGE sql
RETURN (
    -- what pg_stat_xact_user_tables sums up, which groups all tables by their indexes for that
    SELECT
        coalesce(
            sum(
                pg_stat_get_xact_tuples_fetched(oid)
                + CASE WHEN relkind = 'r' THEN pg_stat_get_xact_tuples_returned(oid) ELSE 0 END
            ),
            0
        )::bigint
    FROM pg_class
    WHERE
        relkind IN ('r', 'i')
        -- the last one has the rows of hypertables
        AND relnamespace = ANY (
            array(
                SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'capture', 'analytics', 'kept', '_timescaledb_internal')
            )
        )
);
COMMENT ON FUNCTION control.rows_read() IS 'How many rows this transaction has read so far.';

CREATE FUNCTION control.cost(step text, condition text) RETURNS double precision
LANGUAGE plpgsql
AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE format('EXPLAIN (FORMAT JSON) SELECT * FROM drift.%I WHERE %s', step, coalesce(condition, 'true')) INTO STRICT plan;
    RETURN greatest(1, (plan #>> '{0,Plan,Total Cost}')::double precision);
END
$$;
COMMENT ON FUNCTION control.cost(text, text) IS 'What the planner thinks that comparing these rows of a step costs.';

CREATE FUNCTION control.asked_for(asked jsonb)
RETURNS TABLE (step text, kind text, family text, place integer, condition text, is_touched boolean)
STABLE LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT
        step.name,
        step.kind,
        step.family,
        step.place,
        nullif(concat_ws(' AND ', days.condition, '(' || entities.condition || ')'), ''),
        NOT asked ?| '{from,to,course,user,mentor}'
        OR (
            step.kind = 'summary'
            AND (days.condition IS NOT NULL OR NOT asked ?| '{from,to}')
            AND (entities.condition IS NOT NULL OR NOT asked ?| '{course,user,mentor}')
        )
    FROM
        control.step
        CROSS JOIN analytics.reporting
        LEFT JOIN control.series_step USING (name)
        -- rankings and views follow what they are counted from
        CROSS JOIN LATERAL (
            SELECT CASE WHEN step.kind = 'summary' THEN (SELECT signed.keys FROM control.signed_columns(step.name) AS signed) END
        ) AS has (keys)
        CROSS JOIN LATERAL (
            SELECT
                CASE
                    WHEN 'day' = ANY (has.keys) AND asked ?| '{from,to}'
                        THEN concat_ws(' AND ', 'day >= ' || quote_literal(asked ->> 'from'), 'day <= ' || quote_literal(asked ->> 'to'))
                    WHEN series_step.grain IS NOT NULL AND asked ?| '{from,to}'
                        THEN concat_ws(
                            ' AND ',
                            format('%I >= %L', series_step.grain, (asked ->> 'from')::timestamp AT TIME ZONE reporting.timezone),
                            format('%I < %L', series_step.grain, ((asked ->> 'to')::date + 1)::timestamp AT TIME ZONE reporting.timezone)
                        )
                END
        ) AS days (condition)
        CROSS JOIN LATERAL (
            SELECT string_agg(format('%s = %L', entity.key, asked ->> entity.name), ' OR ')
            FROM (VALUES ('course', 'course_id'), ('user', 'user_id'), ('mentor', 'mentor_id')) AS entity (name, key)
            WHERE asked ? entity.name AND entity.key = ANY (has.keys)
        ) AS entities (condition)
    WHERE
        NOT asked ? 'metrics'
        OR asked -> 'metrics' ? step.name
        OR asked -> 'metrics' ?| (step.shared || step.family);
END;
COMMENT ON FUNCTION control.asked_for(jsonb) IS 'The steps that are named, and which rows of them; is_touched: false where their keys have nothing of the days, the course, the user or the mentor asked for.';

CREATE FUNCTION control.rows_of_a_slice() RETURNS integer
IMMUTABLE LANGUAGE sql
RETURN 10000;
COMMENT ON FUNCTION control.rows_of_a_slice() IS 'How many rows a slice has, more or less.';

CREATE FUNCTION control.parts(step text, condition text) RETURNS TABLE (part text, cost double precision)
LANGUAGE plpgsql
AS $$
DECLARE
    whole  double precision := control.cost(step, condition);
    key    text := (SELECT quote_ident(listed.key) FROM control.step AS listed WHERE listed.name = parts.step);
    bounds text [] := '{}';
    parted text [];
BEGIN
    IF key IS NOT NULL THEN
        EXECUTE format(
            -- by rows, as a key may have many, and all of a key's rows in one slice
            'SELECT array(SELECT %1$s::text FROM ('
            'SELECT %1$s, row_number() OVER (ORDER BY %1$s) AS place FROM analytics.%2$I WHERE %3$s'
            ') AS placed WHERE place %% control.rows_of_a_slice() = 0 GROUP BY %1$s ORDER BY %1$s)',
            key, step, coalesce(condition, 'true')
        ) INTO STRICT bounds;
    END IF;
    parted := array(
        SELECT concat_ws(' AND ', condition, control.in_range(key, lower, upper))
        FROM unnest(NULL::text || bounds, bounds || NULL::text) AS bound (lower, upper)
    );
    -- By days, each slice would read all sessions: what no index leads to is one slice. The planner takes reading by an
    -- index for several times dearer than it is where the table is in memory.
    IF cardinality(parted) = 1 OR cardinality(parted) * control.cost(step, parted[2]) > 8 * whole THEN
        RETURN QUERY SELECT condition, whole;
    ELSE
        RETURN QUERY SELECT listed.part, whole / cardinality(parted) FROM unnest(parted) AS listed (part);
    END IF;
END
$$;
COMMENT ON FUNCTION control.parts(text, text) IS 'Slices, where that does not make the whole dearer.';

CREATE FUNCTION control.foreseen(asked jsonb)
RETURNS TABLE (step text, kind text, slices bigint, share double precision, is_touched boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT
        wanted.step,
        wanted.kind,
        count(part.cost),
        CASE WHEN wanted.is_touched THEN least(1, coalesce(sum(part.cost), 0) / control.cost(wanted.step, NULL)) ELSE 0 END,
        wanted.is_touched
    FROM
        control.asked_for(asked) AS wanted
        LEFT JOIN LATERAL control.parts(wanted.step, wanted.condition) AS part ON wanted.is_touched
    GROUP BY wanted.step, wanted.kind, wanted.place, wanted.is_touched
    ORDER BY wanted.place;
END
$$;
COMMENT ON FUNCTION control.foreseen(jsonb) IS 'What a rebuild would do: slices by step, and which share of the step''s whole cost they are.';

CREATE FUNCTION control.finish(run text, error text DEFAULT NULL, cancelled_by text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_whole boolean;
BEGIN
    UPDATE control.run
    SET
        finished_at = clock_timestamp(),
        error = finish.error,
        cancelled_by = finish.cancelled_by,
        families = CASE WHEN finish.cancelled_by IS NULL THEN families ELSE '{}' END,
        rows_changed = (SELECT coalesce(sum(slice.wrong), 0) FROM control.slice WHERE slice.run = finish.run)
    WHERE id = finish.run AND finished_at IS NULL
    RETURNING NOT asked ?| '{from,to,course,user,mentor}' AND finish.error IS NULL AND finish.cancelled_by IS NULL INTO is_whole;
    IF NOT found THEN
        RETURN false;
    END IF;
    UPDATE control.audited
    SET
        incidents = incidents + made.wrong,
        incident_at = CASE WHEN made.wrong > 0 THEN made.done_at ELSE incident_at END
    FROM (
        SELECT
            slice.step,
            sum(slice.wrong) AS wrong,
            max(slice.done_at) AS done_at
        FROM control.slice
        WHERE slice.run = finish.run AND slice.done_at IS NOT NULL
        GROUP BY slice.step
    ) AS made
    WHERE summary = made.step;
    INSERT INTO control.audited AS before (
        summary, audited_at, seconds, drift, incidents, next_key, begun_at, whole_at, share, incident_at
    )
    SELECT
        slice.step,
        max(slice.done_at),
        sum(extract(EPOCH FROM slice.done_at - slice.started_at)),
        sum(slice.wrong),
        sum(slice.wrong),
        NULL,
        min(slice.started_at),
        min(slice.started_at),
        1,
        max(slice.done_at) FILTER (WHERE slice.wrong > 0)
    FROM control.slice
    WHERE slice.run = finish.run AND is_whole
    GROUP BY slice.step
    ON CONFLICT (summary) DO UPDATE
        SET
            audited_at = excluded.audited_at,
            seconds = excluded.seconds,
            drift = excluded.drift,
            next_key = NULL,
            begun_at = excluded.begun_at,
            whole_at = excluded.whole_at,
            share = 1;
    PERFORM control.forget_old_runs();
    RETURN true;
END
$$;
COMMENT ON FUNCTION control.finish(text, text, text) IS 'Says that a rebuild is done, given up (error) or cancelled, and of which audit that was; false where somebody else has said so.';

CREATE FUNCTION control.plan(run text) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    wish jsonb := (SELECT run.asked FROM control.run WHERE id = plan.run);
BEGIN
    INSERT INTO control.slice (run, step, condition, cost)
    SELECT
        plan.run,
        wanted.step,
        part.part,
        part.cost
    FROM
        control.asked_for(wish) AS wanted
        CROSS JOIN LATERAL control.parts(wanted.step, wanted.condition) AS part
    WHERE wanted.is_touched
    ORDER BY wanted.place;
    UPDATE control.run
    SET
        started_at = clock_timestamp(),
        families = array(
            SELECT DISTINCT wanted.family
            FROM control.asked_for(wish) AS wanted
            WHERE wanted.is_touched AND wanted.condition IS NULL
            ORDER BY 1
        )
    WHERE id = plan.run;
EXCEPTION
    -- somebody is in the way
    WHEN lock_not_available THEN
        RAISE;
    -- one request that can't be planned must not stop the others
    WHEN OTHERS THEN
        PERFORM control.finish(run, sqlerrm);
END
$$;
COMMENT ON FUNCTION control.plan(text) IS 'Parts a rebuild into slices.';

CREATE FUNCTION control.slices_at_work() RETURNS integer []
VOLATILE LANGUAGE sql
RETURN array(
    SELECT objid::bigint::integer
    FROM pg_locks
    WHERE
        locktype = 'advisory'
        AND granted
        AND objsubid = 2
        AND classid::bigint = (hashtext('mentorhub_analytics slice')::bigint & 4294967295)
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
);
COMMENT ON FUNCTION control.slices_at_work() IS 'The slices that somebody alive is at.';

CREATE FUNCTION control.places() RETURNS bigint
STABLE LANGUAGE plpgsql
AS $$
BEGIN
    -- One for each worker, which has two processes at least: one of them always folds.
    RETURN greatest(
        1, (SELECT count(*) FROM control.part WHERE name = 'worker' AND seen_at > clock_timestamp() - interval '1 min')
    );
END
$$;
COMMENT ON FUNCTION control.places() IS 'How many slices may be at work at a time.';

CREATE FUNCTION control.next_slice() RETURNS integer
LANGUAGE plpgsql
AS $$
DECLARE
    at_work integer [] := control.slices_at_work();
BEGIN
    IF cardinality(at_work) >= control.places() THEN
        RETURN NULL;
    END IF;
    RETURN (
        SELECT slice.id
        FROM control.slice INNER JOIN control.run ON run.id = slice.run
        WHERE
            slice.done_at IS NULL
            AND run.finished_at IS NULL
            AND run.paused_at IS NULL
            AND slice.id <> ALL (at_work)
            -- slices of one rebuild have no row in common; those of two may, and would correct it twice
            AND NOT EXISTS (
                SELECT
                FROM control.slice AS other
                WHERE other.id = ANY (at_work) AND other.step = slice.step AND other.run <> slice.run
            )
        -- who asked for little is not kept waiting by who asked for much
        ORDER BY
            (SELECT count(*) FROM control.slice AS sibling WHERE sibling.run = slice.run),
            run.requested_at,
            slice.run,
            slice.id
        LIMIT 1
    );
END
$$;
COMMENT ON FUNCTION control.next_slice() IS 'The slice that is to be begun next; NULL where there is none, or enough are at work.';

CREATE FUNCTION control.claim() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    asked text;
    taken integer;
BEGIN
    -- One at a time chooses. In READ COMMITTED each statement sees what others committed.
    PERFORM pg_advisory_xact_lock(hashtext('mentorhub_analytics claim'));
    FOR asked IN SELECT id FROM control.run WHERE started_at IS NULL AND finished_at IS NULL ORDER BY requested_at LOOP
        PERFORM control.plan(asked);
    END LOOP;
    taken := control.next_slice();
    -- an audit, or what makes everything anew, is under way
    IF taken IS NULL OR NOT pg_try_advisory_lock_shared(hashtext('mentorhub_analytics rebuild')) THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_lock(hashtext('mentorhub_analytics slice'), taken);
    UPDATE control.slice SET started_at = clock_timestamp() WHERE id = taken;
    RETURN taken;
END
$$;
COMMENT ON FUNCTION control.claim() IS 'Takes the next slice for this session; NULL where there is none, or others are at it. To be called outside of a transaction.';

CREATE FUNCTION control.let_go(slice integer) RETURNS void
LANGUAGE sql
BEGIN ATOMIC
    SELECT
        pg_advisory_unlock(hashtext('mentorhub_analytics slice'), slice),
        pg_advisory_unlock_shared(hashtext('mentorhub_analytics rebuild'));
END;
COMMENT ON FUNCTION control.let_go(integer) IS 'Ends what control.claim() began, after the commit.';

CREATE FUNCTION control.recount(slice integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET work_mem = '256MB'
-- slices are made beside each other; and what helpers read is not counted
SET max_parallel_workers_per_gather = 0
AS $$
DECLARE
    here   record;
    before bigint := control.rows_read();
    amiss  bigint;
BEGIN
    SELECT * INTO STRICT here FROM control.slice WHERE id = recount.slice AND done_at IS NULL;
    amiss := control.compare(here.step, here.condition, true);
    UPDATE control.slice
    SET done_at = clock_timestamp(), wrong = amiss, rows_read = control.rows_read() - before
    WHERE id = here.id;
    RETURN amiss;
END
$$;
COMMENT ON FUNCTION control.recount(integer) IS 'Compares a slice with its truth, leaves corrections to the next fold, says that it is done, and returns how many rows were wrong. To be called in a REPEATABLE READ transaction by who claimed it.';

CREATE FUNCTION control.counted_runs() RETURNS SETOF text
STABLE LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT run.id
    FROM control.run
    WHERE
        run.started_at IS NOT NULL
        AND run.finished_at IS NULL
        AND run.paused_at IS NULL
        AND NOT EXISTS (SELECT FROM control.slice WHERE slice.run = run.id AND slice.done_at IS NULL);
END;
COMMENT ON FUNCTION control.counted_runs() IS 'Rebuilds whose slices are all done, and that nobody has finished.';

CREATE FUNCTION control.is_asked() RETURNS boolean
STABLE LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
RETURN EXISTS (SELECT FROM control.run WHERE finished_at IS NULL AND paused_at IS NULL);
COMMENT ON FUNCTION control.is_asked() IS 'Whether anybody waits for a rebuild.';

CREATE FUNCTION control.has_more() RETURNS boolean
VOLATILE LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
RETURN control.next_slice() IS NOT NULL;
COMMENT ON FUNCTION control.has_more() IS 'Whether one more worker would find a slice to begin.';

CREATE FUNCTION control.nightly_is_due() RETURNS boolean
STABLE LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- The reporting zone is asked here, beat runs in UTC: no night is missed or doubled when clocks change.
RETURN extract(HOUR FROM analytics.now() AT TIME ZONE (SELECT timezone FROM analytics.reporting)) >= 3
AND NOT EXISTS (
    SELECT
    FROM
        control.run
        CROSS JOIN analytics.reporting
        CROSS JOIN LATERAL (SELECT run.requested_at AT TIME ZONE reporting.timezone) AS asked_for (since)
    WHERE
        run.asked = '{}'
        -- which may only look
        AND run.reason <> 'audit'
        AND run.error IS NULL
        AND run.cancelled_by IS NULL
        AND asked_for.since::date = analytics.today()
        AND extract(HOUR FROM asked_for.since) >= 3
);
COMMENT ON FUNCTION control.nightly_is_due() IS 'Whether it is past 3 o''clock in the reporting time zone and since then nothing has recalculated everything, or was asked to: a night, an installation, somebody.';

CREATE FUNCTION control.ask(id text, asked jsonb, reason text, asked_by text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- two beats may send the night at the same moment
    LOCK TABLE control.run IN SHARE ROW EXCLUSIVE MODE;
    IF reason = 'nightly' AND NOT control.nightly_is_due() THEN
        RETURN false;
    END IF;
    INSERT INTO control.run (id, asked, reason, asked_by)
    VALUES (ask.id, ask.asked, ask.reason, ask.asked_by)
    ON CONFLICT ON CONSTRAINT run_pkey DO NOTHING;
    PERFORM pg_notify('mentorhub_analytics_asked', '');
    RETURN found;
END
$$;
COMMENT ON FUNCTION control.ask(text, jsonb, text, text) IS 'Writes down that a rebuild is wanted, unless it is done already; a night only once. False where it was there.';

CREATE FUNCTION control.note_run(reason text, asked jsonb, asked_by text, families text [], started_at timestamptz, rows_changed bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    INSERT INTO control.run (id, reason, asked, asked_by, families, requested_at, started_at, finished_at, rows_changed)
    VALUES (
        gen_random_uuid(),
        note_run.reason,
        note_run.asked,
        note_run.asked_by,
        note_run.families,
        note_run.started_at,
        note_run.started_at,
        clock_timestamp(),
        note_run.rows_changed
    );
END;
COMMENT ON FUNCTION control.note_run(text, jsonb, text, text [], timestamptz, bigint) IS 'Writes down what was done without slices.';

CREATE FUNCTION control.pause(run text, is_paused boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE control.run
    SET paused_at = CASE WHEN is_paused THEN clock_timestamp() END
    WHERE id = pause.run AND finished_at IS NULL AND (paused_at IS NULL) = is_paused;
    PERFORM pg_notify('mentorhub_analytics_asked', '');
    RETURN found;
END
$$;
COMMENT ON FUNCTION control.pause(text, boolean) IS 'Lets no further slice be begun, or again; false where that changes nothing.';

CREATE FUNCTION control.forget_old_runs() RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    DELETE FROM control.run WHERE requested_at < analytics.now() - interval '7 days' AND finished_at IS NOT NULL;
    DELETE FROM control.drift WHERE found_at < clock_timestamp() - interval '7 days';
END;
COMMENT ON FUNCTION control.forget_old_runs() IS 'Keeps the record short, and longer than the day in which the nightly refresh must be found.';

CREATE VIEW control.run_status AS
SELECT
    run.id,
    CASE
        WHEN run.cancelled_by IS NOT NULL THEN 'cancelled'
        WHEN run.error IS NOT NULL THEN 'given up'
        WHEN run.finished_at IS NOT NULL THEN 'done'
        WHEN run.paused_at IS NOT NULL THEN 'paused'
        WHEN run.started_at IS NOT NULL THEN 'running'
        ELSE 'waiting'
    END AS state,
    run.reason,
    run.asked,
    run.asked_by,
    run.requested_at,
    run.started_at,
    run.paused_at,
    run.finished_at,
    run.cancelled_by,
    run.error,
    made.step,
    made.slices,
    made.done,
    coalesce(made.cost_done / made.cost, 1) AS share,
    made.rows_read,
    coalesce(run.rows_changed, made.wrong) AS rows_changed,
    made.seconds,
    made.rows_read / nullif(made.seconds, 0) AS rows_per_second,
    CASE
        WHEN run.finished_at IS NULL
            THEN (made.cost - made.cost_done) * made.seconds / nullif(made.cost_done, 0) / greatest(1, made.at_work)
    END AS remaining_seconds,
    greatest(made.done_at, run.started_at) AS progress_at
FROM
    control.run
    CROSS JOIN LATERAL (
        SELECT
            min(slice.step) FILTER (WHERE slice.id = first.id) AS step,
            count(slice.id) AS slices,
            count(slice.done_at) AS done,
            count(*) FILTER (WHERE slice.started_at IS NOT NULL AND slice.done_at IS NULL) AS at_work,
            sum(slice.cost) AS cost,
            coalesce(sum(slice.cost) FILTER (WHERE slice.done_at IS NOT NULL), 0) AS cost_done,
            coalesce(sum(slice.rows_read), 0)::bigint AS rows_read,
            coalesce(sum(slice.wrong), 0)::bigint AS wrong,
            coalesce(sum(extract(EPOCH FROM slice.done_at - slice.started_at)), 0)::double precision AS seconds,
            max(slice.done_at) AS done_at
        FROM
            control.slice
            CROSS JOIN (
                SELECT min(slice.id) AS id FROM control.slice WHERE slice.run = run.id AND slice.done_at IS NULL
            ) AS first
        WHERE slice.run = run.id
    ) AS made;
COMMENT ON VIEW control.run_status IS 'How far each rebuild is, what it has cost, and how many seconds remain; share: of the cost, 0 to 1; progress_at: when a slice was last done.';

-- What is filled and emptied again is vacuumed by what goes through it, not by what is left.
DO $$
DECLARE
    queue regclass;
BEGIN
    FOR queue IN
        SELECT oid FROM pg_class
        WHERE relkind = 'r' AND (relnamespace = 'correction'::regnamespace OR oid = 'control.repair'::regclass)
    LOOP
        EXECUTE format(
            'ALTER TABLE %s SET (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0,'
            ' autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0)',
            queue
        );
    END LOOP;
END
$$;

-- What admins may do over HTTP: the API's role writes no row of ours, but calls these.
CREATE FUNCTION analytics.rebuild(id text) RETURNS json
STABLE LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT
        json_build_object(
            'id', run.id,
            'state', run.state,
            'reason', run.reason,
            'asked', run.asked,
            'asked_by', run.asked_by,
            'requested_at', run.requested_at,
            'started_at', run.started_at,
            'finished_at', run.finished_at,
            'slices', run.slices,
            'slices_done', run.done,
            'share', round(run.share::numeric, 4),
            'rows_read', run.rows_read,
            'rows_wrong', coalesce(run.rows_changed, 0),
            'seconds', round(run.seconds::numeric, 3),
            'remaining_seconds', round(run.remaining_seconds::numeric, 1),
            'cancelled_by', run.cancelled_by,
            'error', run.error
        )
    FROM control.run_status AS run
    WHERE run.id = rebuild.id;
END;
COMMENT ON FUNCTION analytics.rebuild(text) IS 'How far a rebuild is, as the API says it.';

CREATE FUNCTION analytics.rebuilds() RETURNS json
STABLE LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT coalesce(json_agg(analytics.rebuild(newest.id) ORDER BY newest.requested_at DESC, newest.id), '[]')
    FROM (
        SELECT run.id, run.requested_at FROM control.run WHERE run.reason <> 'audit' ORDER BY run.requested_at DESC, run.id LIMIT 30
    ) AS newest;
END;
COMMENT ON FUNCTION analytics.rebuilds() IS 'The last thirty rebuilds, the newest first.';

CREATE FUNCTION analytics.ask_rebuild(asked jsonb, asked_by text) RETURNS TABLE (problem text, body json)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    id      text := gen_random_uuid();
    unknown text := (
        SELECT min(metric)
        FROM jsonb_array_elements_text(asked -> 'metrics') AS metric
        WHERE NOT EXISTS (SELECT FROM control.step WHERE metric IN (step.name, step.family))
    );
BEGIN
    IF unknown IS NOT NULL THEN
        RETURN QUERY SELECT format('metrics: there is no metric %s.', unknown), NULL::json;
    ELSIF NOT EXISTS (SELECT FROM control.asked_for(asked) AS wanted WHERE wanted.is_touched) THEN
        RETURN QUERY SELECT 'Nothing of these metrics is kept by what is asked for.', NULL::json;
    ELSIF (SELECT count(*) FROM control.run WHERE finished_at IS NULL) >= 100 THEN
        RETURN QUERY SELECT 'A hundred rebuilds wait already: cancel some.', NULL::json;
    ELSE
        PERFORM control.ask(id, asked, 'request', ask_rebuild.asked_by);
        RETURN QUERY SELECT NULL, analytics.rebuild(id);
    END IF;
END
$$;
COMMENT ON FUNCTION analytics.ask_rebuild(jsonb, text) IS 'Writes down that somebody wants a rebuild, and wakes the workers; or says why that can''t be.';

CREATE FUNCTION analytics.cancel_rebuild(id text, cancelled_by text) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM control.finish(id, NULL, cancelled_by);
    RETURN analytics.rebuild(id);
END
$$;
COMMENT ON FUNCTION analytics.cancel_rebuild(text, text) IS 'Ends a rebuild after the slices that are at work; what became of it, also where it is over.';

REVOKE EXECUTE ON FUNCTION
analytics.rebuild(text), analytics.rebuilds(), analytics.ask_rebuild(jsonb, text), analytics.cancel_rebuild(text, text)
FROM public;
