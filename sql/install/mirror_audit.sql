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

CREATE FUNCTION control.published(mirrored text, OUT names text, OUT definitions text, OUT told text)
STABLE LANGUAGE sql
BEGIN ATOMIC
    SELECT
        string_agg(quote_ident(attname), ', ' ORDER BY attnum),
        string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum),
        string_agg(
            CASE
                WHEN atttypid = 'text'::regtype THEN format((SELECT legible FROM control.source), attname)
                ELSE quote_ident(attname)
            END,
            ', ' ORDER BY attnum
        )
    FROM pg_attribute
    WHERE
        attrelid = format('public.%I', mirrored)::regclass
        AND attnum > 0
        AND NOT attisdropped
        -- of a column that has another name there, ours is a copy
        AND attgenerated = ''
        AND attname <> 'w'
        AND NOT EXISTS (
            SELECT
            FROM public.missing_column
            WHERE missing_column.mirrored = published.mirrored AND missing_column.theirs = attname
        );
END;
COMMENT ON FUNCTION control.published(text) IS 'The columns of a mirrored table that MentorHub publishes, the same with their types here, and what MentorHub is asked for in their place.';

CREATE FUNCTION control.range(lower bigint, upper bigint) RETURNS text
IMMUTABLE LANGUAGE sql
RETURN concat_ws(' AND ', 'true', 'id >= ' || lower, 'id < ' || upper);
COMMENT ON FUNCTION control.range(bigint, bigint) IS 'The condition for ids from lower on and below upper; NULL is no bound.';

CREATE FUNCTION control.rows_of_a_range() RETURNS integer
IMMUTABLE LANGUAGE sql
RETURN 20000;
COMMENT ON FUNCTION control.rows_of_a_range() IS 'How many rows of a mirrored table are compared at a time, at most.';

CREATE FUNCTION control.range_end(line text, mirrored text, lower bigint) RETURNS bigint
VOLATILE LANGUAGE plpgsql
SET search_path = pg_catalog, link, public, pg_temp
AS $$
DECLARE
    query text := format(
        'SELECT id FROM public.%I WHERE %s ORDER BY id OFFSET %s LIMIT 1',
        control.theirs(mirrored),
        control.range(lower, NULL),
        control.rows_of_a_range()
    );
    here  bigint;
BEGIN
    EXECUTE query INTO here;
    RETURN least(here, (SELECT id FROM dblink(line, query) AS there (id bigint)));
END
$$;
COMMENT ON FUNCTION control.range_end(text, text, bigint) IS 'Where a range ends that holds as many rows as one may, here and at MentorHub; NULL for the last one.';

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
                    dblink(%1$L, %9$L || %4$L) AS theirs (%5$s)
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
        control.each('difference.?', string_to_array(published.names, ', ')),
        format('SELECT %s FROM public.%I WHERE ', published.told, control.theirs(mirrored))
    ) INTO STRICT changed;
    RETURN changed;
END
$$;
COMMENT ON FUNCTION control.make_equal(text, text, text) IS 'Inserts, updates and deletes the rows of a mirrored table that differ from MentorHub''s; returns how many. Triggers capture it like replication.';

CREATE FUNCTION control.row_sums(mirrored text, condition text, OUT here text, OUT there text)
STABLE LANGUAGE sql
BEGIN ATOMIC
    SELECT
        format(query.sum, published.names, theirs.name, condition),
        format(query.sum, published.told, theirs.name, condition)
    FROM
        control.published(mirrored) AS published
        CROSS JOIN control.theirs(mirrored) AS theirs (name)
        CROSS JOIN (VALUES ('SELECT id, md5(convert_to(ROW (%s)::text, ''UTF8'')) AS sum FROM public.%I WHERE %s')) AS query (sum);
END;
COMMENT ON FUNCTION control.row_sums(text, text) IS 'The queries for a checksum of each row, here and at MentorHub: of the published columns'' text.';

-- What was lost is known, and the guard compares: an audit beside it would count each such row as a
-- finding of its own, and its repair as somebody's writing. Of what somebody writes it is to tell.
CREATE FUNCTION control.is_comparable(mirrored text, there jsonb) RETURNS boolean
STABLE LANGUAGE sql
BEGIN ATOMIC
    SELECT EXISTS (
        SELECT
        FROM control.proof CROSS JOIN control.here
        WHERE
            proof.mirrored = is_comparable.mirrored
            AND proof.there = is_comparable.there ->> control.theirs(is_comparable.mirrored)
            AND (proof.started, proof.subscription) = (here.started, here.subscription)
            AND NOT here.skips
    );
END;
COMMENT ON FUNCTION control.is_comparable(text, jsonb) IS 'Whether a mirrored table is to be what MentorHub''s is, by what MentorHub''s is now: nothing but a fault of ours, or a stranger''s hand, makes a row differ.';

CREATE FUNCTION control.differing(mirrored text, condition text) RETURNS TABLE (id bigint, there text, here text)
VOLATILE LANGUAGE plpgsql
SET search_path = pg_catalog, link, public, pg_temp
AS $$
DECLARE
    query   record;
    told    jsonb;
    witness jsonb;
BEGIN
    SELECT * INTO STRICT query FROM control.row_sums(mirrored, condition);
    SELECT coalesce(jsonb_object_agg(row_of.id, row_of.sum), '{}')
    INTO STRICT told
    FROM dblink(control.line(), query.there) AS row_of (id bigint, sum text);
    SELECT caught_up.there INTO STRICT witness FROM control.caught_up(1500);
    IF witness IS NULL THEN
        RAISE connection_exception USING MESSAGE = 'replication is behind or down';
    END IF;
    IF NOT control.is_comparable(mirrored, witness) THEN
        RAISE connection_exception USING MESSAGE = 'changes may have been lost';
    END IF;
    RETURN QUERY EXECUTE format(
        $sql$
        SELECT coalesce(theirs.key::bigint, ours.id), theirs.value, ours.sum
        FROM jsonb_each_text($1) AS theirs FULL JOIN (%s) AS ours ON ours.id = theirs.key::bigint
        WHERE theirs.value IS DISTINCT FROM ours.sum
        $sql$,
        query.here
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
    total     text := 'SELECT concat_ws('' '', count(*), sum((''x'' || left(sum, 15))::bit(60)::bigint)) FROM (%s) AS row_of';
    sums      record;
    there     text;
    here      text;
BEGIN
    IF control.line() IS NULL THEN
        RAISE connection_exception USING MESSAGE = 'MentorHub''s address is not known yet';
    END IF;
    next_id := control.range_end(control.line(), mirrored, lower);
    condition := control.range(lower, next_id);
    SELECT * INTO STRICT sums FROM control.row_sums(mirrored, condition);
    SELECT answer.total INTO STRICT there FROM dblink(control.line(), format(total, sums.there)) AS answer (total text);
    EXECUTE format(total, sums.here) INTO STRICT here;
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
COMMENT ON FUNCTION control.audit_mirror(text, bigint, boolean) IS 'Compares a mirrored table from this id on, one range of it, with MentorHub''s. next_id: where the next range begins, NULL after the last; wrong: id and checksums (there, here) of each row that differs and not only because a change is under way; with repair they are made equal.';
