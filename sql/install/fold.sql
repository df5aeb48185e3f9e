CREATE TABLE control.step (
    name         text PRIMARY KEY,
    family       text NOT NULL,
    shared       text [] NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('journal', 'summary', 'ranking', 'view')),
    place        integer NOT NULL,
    mirrored     text [] NOT NULL DEFAULT '{}',
    counted_from text [] NOT NULL DEFAULT '{}',
    is_read      boolean NOT NULL DEFAULT false,
    key          text
);
COMMENT ON TABLE control.step IS 'All that a fold keeps right, as shared/registry.py lists it.';
COMMENT ON COLUMN control.step.name IS 'Of the table or materialized view in schema analytics.';
COMMENT ON COLUMN control.step.family IS 'The answer that it is stored for.';
COMMENT ON COLUMN control.step.shared IS 'Other answers that read it.';
COMMENT ON COLUMN control.step.kind IS 'journal: what is added to schema kept and never calculated again; summary: a sum over signed rows; ranking: the best of a summary in every window; view: of the day and the settings alone.';
COMMENT ON COLUMN control.step.place IS 'In which order they are folded: rankings after what they are made of.';
COMMENT ON COLUMN control.step.mirrored IS 'The tables in schema public that it is counted from, as its definition says.';
COMMENT ON COLUMN control.step.counted_from IS 'The summaries that it is counted from.';
COMMENT ON COLUMN control.step.is_read IS 'Whether other summaries are: then the signed rows of its own rows are in schema capture until they are folded, too.';
COMMENT ON COLUMN control.step.key IS 'The first column of its key, by which audits and rebuilds part it; NULL where it is compared as a whole.';

CREATE TABLE control.dependence (
    family   text,
    mirrored text,
    PRIMARY KEY (family, mirrored)
);
COMMENT ON TABLE control.dependence IS 'Which mirrored tables each answer depends on: those of its steps.';
COMMENT ON COLUMN control.dependence.family IS 'The answer.';
COMMENT ON COLUMN control.dependence.mirrored IS 'The table in schema public.';

CREATE TABLE control.counted (
    family   text,
    mirrored text,
    name     text,
    PRIMARY KEY (family, mirrored, name)
);
COMMENT ON TABLE control.counted IS 'By which columns each answer counts its rows: those that its own definitions name.';
COMMENT ON COLUMN control.counted.family IS 'The answer.';
COMMENT ON COLUMN control.counted.mirrored IS 'The table in schema public.';
COMMENT ON COLUMN control.counted.name IS 'The column; created_at where rows are counted by the day.';

CREATE TABLE control.repair (
    step text NOT NULL
);
COMMENT ON TABLE control.repair IS 'What audits found wrong, until the next fold puts it right.';
COMMENT ON COLUMN control.repair.step IS 'A summary gets its correction, anything else is made anew.';

CREATE TABLE control.turn ();
COMMENT ON TABLE control.turn IS 'Empty; whoever folds locks it first, as one fold must see what the last one did. LOCK takes no snapshot.';

CREATE TABLE control.audited (
    summary     text PRIMARY KEY,
    audited_at  timestamptz,
    seconds     double precision,
    drift       bigint,
    incidents   bigint NOT NULL DEFAULT 0,
    next_key    text,
    begun_at    timestamptz,
    whole_at    timestamptz,
    share       double precision,
    incident_at timestamptz
);
COMMENT ON TABLE control.audited IS 'What audits found in each step.';
COMMENT ON COLUMN control.audited.summary IS 'The step''s name.';
COMMENT ON COLUMN control.audited.audited_at IS 'When it, or a part of it, was last compared with its truth.';
COMMENT ON COLUMN control.audited.seconds IS 'How long that took.';
COMMENT ON COLUMN control.audited.drift IS 'How many rows that audit found to be wrong: 0.';
COMMENT ON COLUMN control.audited.incidents IS 'Wrong rows found since the installation.';
COMMENT ON COLUMN control.audited.next_key IS 'Where the next part begins; NULL for the beginning.';
COMMENT ON COLUMN control.audited.begun_at IS 'When the first part of the present round was compared.';
COMMENT ON COLUMN control.audited.whole_at IS 'Since then every row has been compared; NULL before the first whole round.';
COMMENT ON COLUMN control.audited.share IS 'Which share of it the last audit compared.';
COMMENT ON COLUMN control.audited.incident_at IS 'When a wrong row was last found.';

CREATE TABLE control.drift (
    found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    summary  text NOT NULL,
    wrong    jsonb NOT NULL,
    repaired boolean NOT NULL
);
CREATE INDEX drift_by_time ON control.drift (found_at);
COMMENT ON TABLE control.drift IS 'Rows that audits found to be wrong in the last 7 days, 1,000 of each audit at most.';
COMMENT ON COLUMN control.drift.found_at IS 'When.';
COMMENT ON COLUMN control.drift.summary IS 'In which step.';
COMMENT ON COLUMN control.drift.wrong IS 'The row of drift.SUMMARY: its key, and what its sums lack; no names.';
COMMENT ON COLUMN control.drift.repaired IS 'Whether a correction was left to the next fold.';

CREATE FUNCTION control.signed_columns(
    summary text, OUT keys text [], OUT sums text [], OUT others text []
)
STABLE LANGUAGE sql
BEGIN ATOMIC
    SELECT
        array_agg(quote_ident(column_of.attname) ORDER BY column_of.attnum)
            FILTER (WHERE column_of.attnum = ANY (key.indkey)),
        coalesce(
            array_agg(quote_ident(column_of.attname) ORDER BY column_of.attnum) FILTER (
                WHERE column_of.attnum <> ALL (key.indkey)
                AND column_of.atttypid IN ('bigint'::regtype, 'numeric'::regtype)
            ),
            '{}'
        ),
        coalesce(
            array_agg(quote_ident(column_of.attname) ORDER BY column_of.attnum) FILTER (
                WHERE column_of.attnum <> ALL (key.indkey)
                AND column_of.atttypid NOT IN ('bigint'::regtype, 'numeric'::regtype)
            ),
            '{}'
        )
    FROM pg_attribute AS column_of
    INNER JOIN pg_index AS key ON key.indrelid = column_of.attrelid AND key.indisprimary
    WHERE
        column_of.attrelid = format('analytics.%I', summary)::regclass
        AND column_of.attnum > 0
        AND NOT column_of.attisdropped
        AND column_of.attgenerated = '';
END;
COMMENT ON FUNCTION control.signed_columns(text) IS 'The stored columns of a summary: its primary key, its sums (all other numbers), and the rest, which are maxima.';

CREATE FUNCTION control.each(template text, names text [], separator text DEFAULT ', ') RETURNS text
IMMUTABLE LANGUAGE sql
RETURN (
    SELECT string_agg(replace(template, '?', name), separator ORDER BY place)
    FROM unnest(names) WITH ORDINALITY AS listed (name, place)
);
COMMENT ON FUNCTION control.each(text, text [], text) IS 'The template for each name, which replaces its question marks.';

CREATE FUNCTION control.clear(mirrored text []) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    one   text;
    gone  bigint;
    total bigint := 0;
BEGIN
    FOREACH one IN ARRAY mirrored LOOP
        EXECUTE format('DELETE FROM capture.%I', one);
        GET DIAGNOSTICS gone = ROW_COUNT;
        total := total + gone;
    END LOOP;
    RETURN total;
END
$$;
COMMENT ON FUNCTION control.clear(text []) IS 'Forgets the signed rows of these tables that this snapshot sees, and returns how many there were.';

CREATE FUNCTION control.refill(step text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET work_mem = '256MB'
-- a fold that calls it has switched these off
SET enable_seqscan = on SET enable_nestloop = on
AS $$
DECLARE
    has     record;
    stored  text;
    written bigint;
    is_read boolean := (SELECT control.step.is_read FROM control.step WHERE name = refill.step);
BEGIN
    IF (SELECT kind IN ('ranking', 'journal') FROM control.step WHERE name = refill.step) THEN
        EXECUTE format('SELECT control.%I()', 'refill_' || step) INTO STRICT written;
        RETURN written;
    END IF;
    SELECT * INTO STRICT has FROM control.signed_columns(step);
    stored := array_to_string(has.keys || has.sums || has.others, ', ');
    -- what is counted from it is calculated from nothing, too
    IF is_read THEN
        EXECUTE format('ALTER TABLE analytics.%I DISABLE TRIGGER USER', step);
    END IF;
    EXECUTE format('DELETE FROM analytics.%I', step);
    EXECUTE format('INSERT INTO analytics.%1$I (%2$s) SELECT %2$s FROM truth.%1$I', step, stored);
    GET DIAGNOSTICS written = ROW_COUNT;
    IF is_read THEN
        EXECUTE format(
            'ALTER TABLE analytics.%I ENABLE ALWAYS TRIGGER capture_inserted, '
            'ENABLE ALWAYS TRIGGER capture_updated, ENABLE ALWAYS TRIGGER capture_deleted',
            step
        );
    END IF;
    RETURN written;
END
$$;
COMMENT ON FUNCTION control.refill(text) IS 'Calculates a step from nothing, by its definition, and returns how many rows it has; a journal is begun, or added to.';

CREATE FUNCTION control.moved() RETURNS text []
STABLE LANGUAGE plpgsql
AS $$
DECLARE
    one   text;
    waits boolean;
    moved text [] := '{}';
BEGIN
    FOR one IN SELECT name FROM control.step WHERE is_read LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM capture.%I)', one) INTO STRICT waits;
        IF waits THEN
            moved := moved || one;
        END IF;
    END LOOP;
    RETURN moved;
END
$$;
COMMENT ON FUNCTION control.moved() IS 'The summaries that somebody else than a fold has changed, and of which what is counted from them knows nothing.';

CREATE FUNCTION control.is_much() RETURNS boolean
STABLE LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN coalesce((SELECT max(changes) >= 1000 FROM analytics.pending), false);
END
$$;
COMMENT ON FUNCTION control.is_much() IS 'Whether so many signed rows wait that to count metrics anew may cost less than to follow each.';

CREATE FUNCTION control.most_changed(summaries text [], changes jsonb) RETURNS boolean
LANGUAGE plpgsql
SET enable_seqscan = off
AS $$
DECLARE
    most bigint := 3 * (SELECT sum((changes ->> name)::bigint) FROM unnest(summaries) AS name);
    one  text;
    rows bigint;
BEGIN
    FOREACH one IN ARRAY summaries LOOP
        -- no more rows are looked at than decide it
        EXECUTE format('SELECT count(*) FROM (SELECT FROM analytics.%I LIMIT $1) AS first_rows', one)
        INTO STRICT rows USING most + 1;
        most := most - rows;
        IF (most >= 0) IS NOT true THEN
            RETURN false;
        END IF;
    END LOOP;
    RETURN true;
END
$$;
COMMENT ON FUNCTION control.most_changed(text [], jsonb) IS 'Whether a third or more of the rows of these summaries is changed; changes: how many of each are.';

CREATE FUNCTION control.refresh(view text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format('REFRESH MATERIALIZED VIEW CONCURRENTLY analytics.%I', view);
END
$$;
COMMENT ON FUNCTION control.refresh(text) IS 'Calculates a materialized view again; readers are not blocked.';

CREATE FUNCTION control.publish(as_of timestamptz, changed text []) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    UPDATE analytics.freshness
    SET
        -- What was published while a clock was ahead lies in the future now, and is taken back.
        as_of = greatest(
            CASE WHEN freshness.as_of <= clock_timestamp() THEN freshness.as_of END,
            CASE WHEN publish.as_of > clock_timestamp() THEN clock_timestamp() ELSE publish.as_of END
        ),
        day = analytics.today(),
        changed_at = CASE WHEN family = ANY (changed) THEN clock_timestamp() ELSE changed_at END,
        version = CASE
            WHEN family = ANY (changed)
                THEN greatest(version + 1, (extract(EPOCH FROM clock_timestamp()) * 1000000)::bigint)
            ELSE version
        END;
END;
COMMENT ON FUNCTION control.publish(timestamptz, text []) IS 'Says as of when every answer is right now, and which are other answers than before.';

CREATE FUNCTION control.fold(as_of timestamptz, may_count_anew boolean DEFAULT false) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_new_day boolean := (SELECT max(day) IS DISTINCT FROM analytics.today() FROM analytics.freshness);
    -- a clock that was set back, or a transaction that began before midnight and folds after others
    is_old_day boolean := (SELECT max(day) > analytics.today() FROM analytics.freshness);
    to_repair  text [] := array(SELECT step FROM control.repair);
    mirrored   text [] := control.changed_tables();
    moved      text [] := control.moved();
    changed    text [] := '{}';
    changes    jsonb := '{}';
    step       record;
    rows       bigint;
BEGIN
    PERFORM pg_notify('mentorhub_analytics_folded', '');
    FOR step IN SELECT * FROM control.step ORDER BY place LOOP
        rows := 0;
        CONTINUE WHEN NOT (
            is_new_day
            OR step.name = ANY (to_repair)
            OR CASE
                WHEN step.kind = 'summary' AND step.counted_from <> '{}' THEN step.counted_from && moved
                ELSE step.mirrored && mirrored
            END
        );
        IF step.kind = 'view' THEN
            PERFORM control.refresh(step.name);
        ELSIF step.kind = 'ranking' AND (is_old_day OR step.name = ANY (to_repair)) THEN
            rows := control.refill(step.name);
        ELSIF
            may_count_anew
            AND to_regproc(format('control.%I', 'count_' || step.name || '_anew')) IS NOT NULL
            AND control.most_changed(step.counted_from, changes)
        THEN
            EXECUTE format('SELECT control.%I()', 'count_' || step.name || '_anew') INTO STRICT rows;
        ELSE
            EXECUTE format('SELECT control.%I()', 'fold_' || step.name) INTO STRICT rows;
        END IF;
        IF rows > 0 AND step.is_read THEN
            moved := moved || step.name;
            changes := changes || jsonb_build_object(step.name, rows);
        END IF;
        -- what a new day is nothing to stays the answer that it was
        IF rows > 0 OR step.name = ANY (to_repair) OR (is_new_day AND step.kind IN ('ranking', 'view')) THEN
            changed := changed || step.family || step.shared;
        END IF;
    END LOOP;
    DELETE FROM control.repair;
    PERFORM control.clear(
        moved || array(SELECT one || '_held' FROM unnest(moved) AS one WHERE to_regclass(format('capture.%I', one || '_held')) IS NOT NULL)
    );
    PERFORM control.publish(as_of, changed);
    RETURN control.clear(mirrored);
END
$$;
COMMENT ON FUNCTION control.fold(timestamptz, boolean) IS 'Adds all that is pending to every answer, in the caller''s REPEATABLE READ transaction that has locked control.turn; returns how many signed rows there were. may_count_anew: since before its snapshot the caller''s session keeps others from comparing what is stored: what they were finding wrong would be right, and corrected all the same.';

CREATE FUNCTION control.in_range(key text, lower text, upper text) RETURNS text
IMMUTABLE LANGUAGE sql
RETURN concat_ws(
    ' AND ',
    'true',
    CASE WHEN lower IS NOT NULL THEN format('%s >= %L', key, lower) END,
    CASE WHEN upper IS NOT NULL THEN format('%s < %L', key, upper) END
);
COMMENT ON FUNCTION control.in_range(text, text, text) IS 'The condition that the key is not below lower and below upper; NULL is no bound.';

CREATE FUNCTION control.compare(step text, condition text, repair boolean) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    is_summary boolean := (SELECT kind = 'summary' FROM control.step WHERE name = compare.step);
    -- maxima, the names of people among them: the record must not remember those who were erased
    unnoted    text [] := (
        SELECT array_agg(attname)
        FROM pg_attribute
        WHERE
            is_summary
            AND attrelid = format('analytics.%I', step)::regclass
            AND quote_ident(attname) = ANY ((SELECT others FROM control.signed_columns(step))::text [])
    );
    is_unseen  boolean := (
        SELECT bool_or(step.kind = 'ranking' AND freshness.day <> analytics.today())
        FROM control.step CROSS JOIN analytics.freshness
        WHERE step.name = compare.step
    );
    wrong      bigint;
BEGIN
    EXECUTE format(
        'WITH found AS MATERIALIZED (SELECT * FROM drift.%1$I WHERE %2$s), '
        'noted AS ('
        'INSERT INTO control.drift (summary, wrong, repaired) SELECT %1$L, to_jsonb(found) - $2, $1 FROM found LIMIT 1000) '
        '%3$s SELECT count(*) FROM found',
        step,
        coalesce(condition, 'true'),
        CASE
            WHEN is_summary
                THEN format(', corrected AS (INSERT INTO correction.%I SELECT * FROM found WHERE $1)', step)
        END
    ) INTO STRICT wrong USING repair, coalesce(unnoted, '{}');

    -- On a day that nothing was folded on yet, nobody can tell: drift.RANKING is silent.
    IF repair AND (wrong > 0 OR is_unseen) THEN
        INSERT INTO control.repair (step)
        SELECT compare.step
        UNION
        -- what is counted from it was counted from what was wrong
        SELECT other.name
        FROM control.step AS other
        WHERE compare.step = ANY (other.counted_from);
    END IF;
    RETURN wrong;
END
$$;
COMMENT ON FUNCTION control.compare(text, text, boolean) IS 'Compares a step, or the rows of it for which the condition on its columns holds, with its truth, and returns how many are wrong; with repair the next fold puts them right. To be called in a REPEATABLE READ transaction.';

CREATE FUNCTION control.rows_of(stored regclass) RETURNS double precision
STABLE LANGUAGE sql
RETURN (
    SELECT sum(reltuples)
    FROM pg_class
    -- a hypertable has its rows in others
    WHERE oid = stored OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = stored)
);
COMMENT ON FUNCTION control.rows_of(regclass) IS 'How many rows the planner takes a table for.';

CREATE FUNCTION control.audit(step text, whole boolean, repair boolean) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET work_mem = '256MB'
AS $$
DECLARE
    began      timestamptz := clock_timestamp();
    parted     record;
    lower      text;
    upper      text;
    share      double precision := 1;
    wrong      bigint;
BEGIN
    SELECT
        quote_ident(listed.key) AS key,
        format('%I.%I', CASE listed.kind WHEN 'journal' THEN 'kept' ELSE 'analytics' END, listed.name)::regclass AS stored
    INTO parted
    FROM control.step AS listed
    -- what is counted from another summary is counted from all of it, or not at all
    WHERE listed.name = audit.step AND listed.key IS NOT NULL AND listed.counted_from = '{}' AND NOT whole;
    IF found THEN
        SELECT next_key INTO lower FROM control.audited WHERE summary = step;
        EXECUTE format(
            -- by rows, as a key may have many, and all of a key's rows in one part
            'SELECT min(%1$s)::text FROM %2$s WHERE %1$s > ('
            'SELECT %1$s FROM %2$s WHERE %3$s ORDER BY 1'
            ' OFFSET greatest(control.rows_of($1) / 48, 1000) LIMIT 1)',
            parted.key, parted.stored, control.in_range(parted.key, lower, NULL)
        ) INTO upper USING parted.stored;
        IF lower IS NOT NULL OR upper IS NOT NULL THEN
            share := least(1, greatest(control.rows_of(parted.stored) / 48, 1000) / greatest(control.rows_of(parted.stored), 1));
        END IF;
    END IF;

    wrong := control.compare(step, control.in_range(parted.key, lower, upper), repair);
    INSERT INTO control.audited AS before (
        summary, audited_at, seconds, drift, incidents, next_key, begun_at, whole_at, share, incident_at
    )
    VALUES (
        step,
        clock_timestamp(),
        extract(EPOCH FROM clock_timestamp() - began),
        wrong,
        wrong,
        upper,
        began,
        CASE WHEN lower IS NULL AND upper IS NULL THEN began END,
        share,
        CASE WHEN wrong > 0 THEN began END
    )
    ON CONFLICT (summary) DO UPDATE
        SET
            audited_at = excluded.audited_at,
            seconds = excluded.seconds,
            drift = excluded.drift,
            incidents = before.incidents + excluded.incidents,
            next_key = excluded.next_key,
            begun_at = CASE WHEN lower IS NULL THEN excluded.begun_at ELSE before.begun_at END,
            whole_at = CASE
                WHEN upper IS NOT NULL THEN before.whole_at
                WHEN lower IS NULL THEN excluded.begun_at
                ELSE before.begun_at
            END,
            share = excluded.share,
            incident_at = coalesce(excluded.incident_at, before.incident_at);
    RETURN wrong;
END
$$;
COMMENT ON FUNCTION control.audit(text, boolean, boolean) IS 'Compares the whole of a step, or its next part, with its truth, and returns how many rows are wrong; with repair the next fold puts them right. To be called in a REPEATABLE READ transaction.';

CREATE FUNCTION control.overdue_audit() RETURNS text
STABLE LANGUAGE sql
-- what is counted from a summary is counted from all of it each time
RETURN (
    SELECT step.name
    FROM control.step LEFT JOIN control.audited ON audited.summary = step.name
    WHERE
        audited.audited_at IS NULL
        OR audited.audited_at < clock_timestamp()
        - CASE WHEN step.counted_from = '{}' THEN interval '10 min' ELSE interval '1 hour' END
    ORDER BY audited.audited_at ASC NULLS FIRST, step.place
    LIMIT 1
);
COMMENT ON FUNCTION control.overdue_audit() IS 'The step whose next part, or whole, is to be audited now; NULL when it is too early for any.';

CREATE FUNCTION control.make_view_auditable(view text) RETURNS void
LANGUAGE plpgsql
AS $make$
BEGIN
    EXECUTE format(
        $sql$
        CREATE VIEW drift.%1$I AS
        SELECT wrong.*
        FROM
            (
                (SELECT 'too much' AS problem, stored::text AS stored FROM analytics.%1$I AS stored
                EXCEPT ALL
                SELECT 'too much', counted::text FROM (%2$s) AS counted)
                UNION ALL
                (SELECT 'missing', counted::text FROM (%2$s) AS counted
                EXCEPT ALL
                SELECT 'missing', stored::text FROM analytics.%1$I AS stored)
            ) AS wrong
        WHERE (SELECT max(day) FROM analytics.freshness) = (SELECT analytics.today())
        $sql$,
        view,
        rtrim(pg_get_viewdef(format('analytics.%I', view)::regclass), ';')
    );
    EXECUTE format('COMMENT ON VIEW drift.%1$I IS %2$L', view, 'Rows of ' || view || ' that are not what its summaries say: empty.');
END
$make$;
COMMENT ON FUNCTION control.make_view_auditable(text) IS 'Makes drift.VIEW.';
