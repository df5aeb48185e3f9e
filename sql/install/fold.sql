CREATE TABLE control.step (
    name         text PRIMARY KEY,
    family       text NOT NULL,
    shared       text [] NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('summary', 'ranking', 'view')),
    place        integer NOT NULL,
    mirrored     text [] NOT NULL DEFAULT '{}',
    counted_from text [] NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE control.step IS 'All that a fold keeps right, as shared/registry.py lists it.';
COMMENT ON COLUMN control.step.name IS 'Of the table or materialized view in schema analytics.';
COMMENT ON COLUMN control.step.family IS 'The answer that it is stored for.';
COMMENT ON COLUMN control.step.shared IS 'Other answers that read it.';
COMMENT ON COLUMN control.step.kind IS 'summary: a sum over signed rows; ranking: the best of a summary in every window; view: of the day and the settings alone.';
COMMENT ON COLUMN control.step.place IS 'In which order they are folded: rankings after what they are made of.';
COMMENT ON COLUMN control.step.mirrored IS 'The tables in schema public that it is counted from, as its definition says.';
COMMENT ON COLUMN control.step.counted_from IS 'The summaries that it is counted from.';

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
    summary text, OUT keys text [], OUT typed text [], OUT sums text [], OUT others text []
)
STABLE LANGUAGE sql
BEGIN ATOMIC
    SELECT
        array_agg(quote_ident(column_of.attname) ORDER BY column_of.attnum)
            FILTER (WHERE column_of.attnum = ANY (key.indkey)),
        array_agg(
            format('%1$I::%2$s AS %1$I', column_of.attname, format_type(column_of.atttypid, column_of.atttypmod))
            ORDER BY column_of.attnum
        ) FILTER (WHERE column_of.attnum = ANY (key.indkey)),
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
COMMENT ON FUNCTION control.signed_columns(text) IS 'The stored columns of a summary: its primary key (typed: cast to the types stored), its sums (all other numbers), and the rest, which are maxima.';

CREATE FUNCTION control.each(template text, names text [], separator text DEFAULT ', ') RETURNS text
IMMUTABLE LANGUAGE sql
RETURN (
    SELECT string_agg(replace(template, '?', name), separator ORDER BY place)
    FROM unnest(names) WITH ORDINALITY AS listed (name, place)
);
COMMENT ON FUNCTION control.each(text, text [], text) IS 'The template for each name, which replaces its question marks.';

-- What follows is made once for each summary, from its table's columns, and is static from then
-- on: read it with \d+ and \sf. Plans of static SQL are kept, and a fold is short.
CREATE FUNCTION control.make_foldable(summary text) RETURNS void
LANGUAGE plpgsql
AS $make$
DECLARE
    has     record;
    stored  text;
    -- a column that is there only beside maxima
    flag    text;
    -- what a maximum is from now on
    greatest_of CONSTANT text := 'CASE WHEN looked_up THEN found_? ELSE greatest(stored.?, added.?) END';
    -- Conditions on the key reach a definition's tables only if its columns have the stored types.
    defined text;
BEGIN
    SELECT * INTO STRICT has FROM control.signed_columns(summary);
    stored := array_to_string(has.keys || has.sums || has.others, ', ');
    defined := array_to_string(has.typed || has.sums || has.others, ', ');
    flag := CASE WHEN has.others <> '{}' THEN '%s AS is_wrong' END;

    EXECUTE format('CREATE TABLE correction.%1$I AS SELECT %2$s FROM analytics.%1$I WITH NO DATA', summary, stored);
    EXECUTE format('COMMENT ON TABLE correction.%1$I IS %2$L', summary, 'What an audit found to be missing in ' || summary || '.');

    -- `gone_`: the greatest that went, of which nobody knows whether another row has it, too.
    EXECUTE format(
        $sql$
        CREATE VIEW pending.%1$I AS
        SELECT %2$s
        FROM (
            %3$s
            SELECT %4$s FROM delta.%1$I
            UNION ALL
            SELECT %5$s FROM correction.%1$I
        ) AS signed
        GROUP BY %6$s
        $sql$,
        summary,
        concat_ws(
            ', ',
            array_to_string(has.keys, ', '),
            -- where all that an owner has can't be used there is nothing to sum
            control.each('coalesce(sum(?), 0) AS ?', has.sums),
            control.each('max(?) AS ?, max(gone_?) AS gone_?', has.others),
            format(flag, 'bool_or(is_wrong)')
        ),
        CASE
            WHEN has.others <> '{}'
                THEN format(
                    'SELECT %s FROM vanished.%I UNION ALL',
                    concat_ws(
                        ', ',
                        array_to_string(has.typed, ', '),
                        control.each('0 AS ?', has.sums),
                        control.each('NULL AS ?', has.others),
                        control.each('? AS gone_?', has.others),
                        'false AS is_wrong'
                    ),
                    summary
                )
        END,
        concat_ws(', ', defined, control.each('NULL AS gone_?', has.others), format(flag, 'false')),
        concat_ws(', ', stored, control.each('NULL', has.others), format(flag, 'true')),
        array_to_string(has.keys, ', ')
    );
    EXECUTE format('COMMENT ON VIEW pending.%1$I IS %2$L', summary, 'What the next fold adds to ' || summary || '.');

    -- One grouping of three signed parts, so that a condition on the key reaches each of them. A
    -- maximum is wrong if the next fold neither looks it up nor makes it right.
    EXECUTE format(
        $sql$
        CREATE VIEW drift.%1$I AS
        SELECT %2$s
        FROM (
            SELECT 3 AS side, %3$s FROM pending.%1$I
            UNION ALL
            SELECT 1, %4$s FROM truth.%1$I
            UNION ALL
            SELECT 2, %5$s FROM analytics.%1$I
        ) AS signed
        GROUP BY %6$s
        HAVING %7$s
        $sql$,
        summary,
        concat_ws(
            ', ',
            array_to_string(has.keys, ', '),
            control.each('coalesce(sum(?), 0) AS ?', has.sums),
            control.each('coalesce(max(?) FILTER (WHERE side = 1), max(?) FILTER (WHERE side = 2)) AS ?', has.others)
        ),
        concat_ws(', ', array_to_string(has.keys, ', '), control.each('- ? AS ?', has.sums), control.each('?', has.others), control.each('gone_?', has.others), format(flag, 'is_wrong')),
        concat_ws(', ', defined, control.each('NULL', has.others), format(flag, 'NULL')),
        concat_ws(', ', array_to_string(has.keys, ', '), control.each('- ?', has.sums), control.each('?', has.others), control.each('NULL', has.others), format(flag, 'NULL')),
        array_to_string(has.keys, ', '),
        concat_ws(
            ' OR ',
            control.each('sum(?) <> 0', has.sums, ' OR '),
            control.each(
                '(bool_or(is_wrong) IS NOT TRUE'
                ' AND (max(gone_?) >= max(?) FILTER (WHERE side <> 1)) IS NOT TRUE'
                ' AND max(?) FILTER (WHERE side = 1) IS DISTINCT FROM max(?) FILTER (WHERE side <> 1))',
                has.others,
                ' OR '
            )
        )
    );
    EXECUTE format('COMMENT ON VIEW drift.%1$I IS %2$L', summary, 'Rows of ' || summary || ' that are wrong, and what they lack: empty.');

    EXECUTE format(
        $sql$
        -- Row by row through the key's index, whatever the statistics say: "= ANY" can be neither
        -- hashed nor merged, and a table that was small when the plan was made is not read as a whole.
        CREATE FUNCTION control.%2$I() RETURNS bigint LANGUAGE plpgsql
        SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $body$
        DECLARE
            changed bigint;
        BEGIN
            MERGE INTO analytics.%1$I AS stored
            USING (%3$s) AS added
            ON %4$s
            WHEN MATCHED AND %5$s THEN DELETE
            WHEN MATCHED AND (%6$s) THEN UPDATE SET %7$s
            WHEN NOT MATCHED AND (%8$s) THEN INSERT (%9$s) VALUES (%10$s);
            GET DIAGNOSTICS changed = ROW_COUNT;
            DELETE FROM correction.%1$I;
            RETURN changed;
        END
        $body$
        $sql$,
        summary,
        'fold_' || summary,
        CASE
            WHEN has.others = '{}' THEN format('SELECT * FROM pending.%I ORDER BY %s', summary, array_to_string(has.keys, ', '))
            -- A maximum is looked up where it may be gone: nothing went, and nothing is asked. OFFSET 0
            -- keeps the planner from calculating all of truth for these few rows.
            ELSE format(
                'SELECT signed.*, looked_up, %2$s FROM (SELECT * FROM pending.%1$I ORDER BY %9$s) AS signed'
                ' LEFT JOIN LATERAL (SELECT %3$s FROM analytics.%1$I AS there WHERE (%4$s) AND %5$s) AS before ON true'
                ' CROSS JOIN LATERAL (SELECT is_wrong OR coalesce(%6$s, false) AS looked_up) AS asked'
                ' LEFT JOIN LATERAL (SELECT %7$s FROM truth.%1$I AS there WHERE looked_up AND %8$s OFFSET 0) AS found ON true',
                summary,
                control.each('found.? AS found_?', has.others),
                control.each('there.? AS before_?', has.others),
                control.each('signed.gone_? IS NOT NULL', has.others, ' OR '),
                control.each('there.? = ANY (ARRAY[signed.?])', has.keys, ' AND '),
                control.each('signed.gone_? >= greatest(before_?, signed.?)', has.others, ' OR '),
                array_to_string(has.others, ', '),
                control.each('there.? = signed.?', has.keys, ' AND '),
                array_to_string(has.keys, ', ')
            )
        END,
        control.each('stored.? = ANY (ARRAY[added.?])', has.keys, ' AND '),
        concat_ws(
            ' AND ',
            control.each('stored.? + added.? = 0', has.sums, ' AND '),
            control.each(greatest_of || ' IS NULL', has.others, ' AND ')
        ),
        concat_ws(
            ' OR ',
            control.each('added.? <> 0', has.sums, ' OR '),
            control.each('stored.? IS DISTINCT FROM ' || greatest_of, has.others, ' OR ')
        ),
        concat_ws(
            ', ',
            control.each('? = stored.? + added.?', has.sums),
            control.each('? = ' || greatest_of, has.others)
        ),
        -- Who is not stored has nothing but zeros and NULLs.
        concat_ws(
            ' OR ',
            control.each('added.? <> 0', has.sums, ' OR '),
            control.each('CASE WHEN looked_up THEN found_? ELSE added.? END IS NOT NULL', has.others, ' OR ')
        ),
        stored,
        concat_ws(
            ', ',
            control.each('added.?', has.keys || has.sums),
            control.each('CASE WHEN looked_up THEN found_? ELSE added.? END', has.others)
        )
    );
    EXECUTE format('COMMENT ON FUNCTION control.%1$I() IS %2$L', 'fold_' || summary, 'Adds what is pending to ' || summary || '; returns how many rows changed.');
END
$make$;
COMMENT ON FUNCTION control.make_foldable(text) IS 'Makes correction.SUMMARY, pending.SUMMARY, drift.SUMMARY and control.fold_SUMMARY().';

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
BEGIN
    IF (SELECT kind = 'ranking' FROM control.step WHERE name = refill.step) THEN
        EXECUTE format('SELECT control.%I()', 'refill_' || step) INTO STRICT written;
        RETURN written;
    END IF;
    SELECT * INTO STRICT has FROM control.signed_columns(step);
    stored := array_to_string(has.keys || has.sums || has.others, ', ');
    EXECUTE format('DELETE FROM analytics.%I', step);
    EXECUTE format('INSERT INTO analytics.%1$I (%2$s) SELECT %2$s FROM truth.%1$I', step, stored);
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END
$$;
COMMENT ON FUNCTION control.refill(text) IS 'Calculates a step from nothing, by its definition, and returns how many rows it has.';

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

CREATE FUNCTION control.fold(as_of timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_new_day boolean := (SELECT max(day) IS DISTINCT FROM analytics.today() FROM analytics.freshness);
    -- a clock that was set back, or a transaction that began before midnight and folds after others
    is_old_day boolean := (SELECT max(day) > analytics.today() FROM analytics.freshness);
    to_repair  text [] := array(SELECT step FROM control.repair);
    mirrored   text [] := control.changed_tables();
    changed    text [] := '{}';
    step       record;
    rows       bigint;
BEGIN
    PERFORM pg_notify('mentorhub_analytics_folded', '');
    FOR step IN SELECT * FROM control.step ORDER BY place LOOP
        rows := 0;
        CONTINUE WHEN NOT (is_new_day OR step.name = ANY (to_repair) OR step.mirrored && mirrored);
        IF step.kind = 'view' THEN
            PERFORM control.refresh(step.name);
        ELSIF step.kind = 'ranking' AND (is_old_day OR step.name = ANY (to_repair)) THEN
            rows := control.refill(step.name);
        ELSE
            EXECUTE format('SELECT control.%I()', 'fold_' || step.name) INTO STRICT rows;
        END IF;
        -- what a new day is nothing to stays the answer that it was
        IF rows > 0 OR step.name = ANY (to_repair) OR (is_new_day AND step.kind <> 'summary') THEN
            changed := changed || step.family || step.shared;
        END IF;
    END LOOP;
    DELETE FROM control.repair;
    PERFORM control.publish(as_of, changed);
    RETURN control.clear(mirrored);
END
$$;
COMMENT ON FUNCTION control.fold(timestamptz) IS 'Adds all that is pending to every answer, in the caller''s REPEATABLE READ transaction that has locked control.turn; returns how many signed rows there were.';

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
        SELECT ranking.name
        FROM control.step AS ranking
        WHERE compare.step = ANY (ranking.counted_from);
    END IF;
    RETURN wrong;
END
$$;
COMMENT ON FUNCTION control.compare(text, text, boolean) IS 'Compares a step, or the rows of it for which the condition on its columns holds, with its truth, and returns how many are wrong; with repair the next fold puts them right. To be called in a REPEATABLE READ transaction.';

CREATE FUNCTION control.audit(step text, whole boolean, repair boolean) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET work_mem = '256MB'
AS $$
DECLARE
    began      timestamptz := clock_timestamp();
    is_summary boolean := (SELECT kind = 'summary' FROM control.step WHERE name = audit.step);
    key        text;
    key_type   text;
    lower      text;
    upper      text;
    share      double precision := 1;
    wrong      bigint;
BEGIN
    IF is_summary AND NOT whole THEN
        SELECT keys[1] INTO STRICT key FROM control.signed_columns(step);
        SELECT format_type(atttypid, atttypmod) INTO STRICT key_type
        FROM pg_attribute
        WHERE attrelid = format('analytics.%I', step)::regclass AND quote_ident(attname) = key;
        SELECT next_key INTO lower FROM control.audited WHERE summary = step;
        EXECUTE format(
            -- by rows, as a key may have many, and all of a key's rows in one part
            'SELECT min(%1$s)::text FROM analytics.%2$I WHERE %1$s > ('
            'SELECT %1$s FROM analytics.%2$I WHERE $1 IS NULL OR %1$s >= $1::%3$s ORDER BY 1'
            ' OFFSET (SELECT greatest(reltuples / 48, 1000) FROM pg_class WHERE oid = $2) LIMIT 1)',
            key, step, key_type
        ) INTO upper USING lower, format('analytics.%I', step)::regclass;
        IF lower IS NOT NULL OR upper IS NOT NULL THEN
            SELECT least(1, greatest(reltuples / 48, 1000) / greatest(reltuples, 1)) INTO STRICT share
            FROM pg_class
            WHERE oid = format('analytics.%I', step)::regclass;
        END IF;
    END IF;

    wrong := control.compare(
        step,
        CASE WHEN key IS NOT NULL THEN control.in_range(key, lower, upper) END,
        repair
    );
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
COMMENT ON FUNCTION control.audit(text, boolean, boolean) IS 'Compares the whole of a step, or the next part of a summary, with its truth, and returns how many rows are wrong; with repair the next fold puts them right. To be called in a REPEATABLE READ transaction.';

CREATE FUNCTION control.overdue_audit() RETURNS text
STABLE LANGUAGE sql
-- rankings are counted from the sessions of a whole year each time
RETURN (
    SELECT step.name
    FROM control.step LEFT JOIN control.audited ON audited.summary = step.name
    WHERE
        audited.audited_at IS NULL
        OR audited.audited_at < clock_timestamp()
        - CASE step.kind WHEN 'ranking' THEN interval '1 hour' ELSE interval '5 min' END
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
