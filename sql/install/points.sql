-- What a time-series database is still to be written: which points, not what they are worth.
CREATE TABLE control.point_target (
    target text NOT NULL
);
CREATE UNIQUE INDEX point_target_is_one_row ON control.point_target ((true));
COMMENT ON TABLE control.point_target IS 'Which time-series database is written on to; no row where none is.';
COMMENT ON COLUMN control.point_target.target IS 'A digest of its URL and of what the numbers are given with: another one is written everything.';

CREATE TABLE control.point_trouble (
    since timestamptz
);
CREATE UNIQUE INDEX point_trouble_is_one_row ON control.point_trouble ((true));
INSERT INTO control.point_trouble DEFAULT VALUES;
COMMENT ON TABLE control.point_trouble IS 'Whether the time-series database takes points; one row.';
COMMENT ON COLUMN control.point_trouble.since IS 'Since when it has taken none; NULL where it does, and where none is written on to.';

CREATE FUNCTION control.note_points(taken boolean) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    UPDATE control.point_trouble
    SET since = CASE WHEN NOT taken THEN clock_timestamp() END
    WHERE taken = (since IS NOT NULL);
END;
COMMENT ON FUNCTION control.note_points(boolean) IS 'Says whether the time-series database took what it was sent.';

CREATE FUNCTION control.has_written_on() RETURNS boolean
STABLE LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT EXISTS (SELECT FROM control.point_target) OR EXISTS (SELECT FROM control.point_trouble WHERE since IS NOT NULL);
END;
COMMENT ON FUNCTION control.has_written_on() IS 'Whether there is something to be forgotten where no setting names a time-series database any more.';

CREATE TABLE control.point (
    id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    step text NOT NULL,
    at   timestamptz NOT NULL,
    tags jsonb NOT NULL
);
ALTER TABLE control.point SET (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 0);
COMMENT ON TABLE control.point IS 'Points that a fold has changed since they were written on, in its transaction.';
COMMENT ON COLUMN control.point.id IS 'In the order of commits, as one fold follows another.';
COMMENT ON COLUMN control.point.step IS 'The summary.';
COMMENT ON COLUMN control.point.at IS 'Its hour or minute.';
COMMENT ON COLUMN control.point.tags IS 'Its other keys.';

CREATE FUNCTION control.tags(step text) RETURNS text
STABLE LANGUAGE sql
RETURN (
    SELECT format('jsonb_build_object(%s)', string_agg(format('%L, %s', key.name, key.name), ', '))
    FROM control.signed_columns(step) AS has CROSS JOIN LATERAL unnest(has.keys[2:]) AS key (name)
);
COMMENT ON FUNCTION control.tags(text) IS 'SQL for the keys of a summary besides its hour or minute.';

CREATE FUNCTION control.write_points_to(target text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    step record;
BEGIN
    DELETE FROM control.point;
    DELETE FROM control.point_target;
    IF target IS NOT NULL THEN
        INSERT INTO control.point_target VALUES (write_points_to.target);
        FOR step IN SELECT * FROM control.series_step ORDER BY name LOOP
            EXECUTE format(
                'INSERT INTO control.point (step, at, tags) SELECT %L, %I, %s FROM analytics.%I',
                step.name, step.grain, control.tags(step.name), step.name
            );
        END LOOP;
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION control.write_points_to(text) IS 'Begins to note points for another target, with all that is stored; for none where it is NULL. To be called in a transaction that has locked control.turn.';

CREATE FUNCTION control.next_points(most integer)
RETURNS TABLE (id bigint, step text, at timestamptz, tags jsonb, numbers jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- a point's row is looked up, however few rows the table was last seen with
SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    upto bigint := (SELECT max(first.id) FROM (SELECT point.id FROM control.point ORDER BY point.id LIMIT most) AS first);
    one  record;
BEGIN
    FOR one IN
        SELECT *
        FROM control.series_step
        WHERE name IN (SELECT point.step FROM control.point WHERE point.id <= upto)
    LOOP
        RETURN QUERY EXECUTE format(
            'SELECT $1, %1$L::text, asked.at, asked.tags, jsonb_build_object(%2$s) '
            'FROM (SELECT DISTINCT at, tags FROM control.point WHERE step = %1$L AND id <= $1) AS asked '
            'LEFT JOIN analytics.%1$I AS stored ON stored.%3$I = asked.at AND %4$s = asked.tags',
            one.name,
            -- a row that is gone counts nothing
            control.each('''?'', coalesce(stored.?, 0)', (SELECT has.sums FROM control.signed_columns(one.name) AS has)),
            one.grain,
            control.tags(one.name)
        ) USING upto;
    END LOOP;
END
$$;
COMMENT ON FUNCTION control.next_points(integer) IS 'The points that have waited longest, each once, with what they are worth now; id: the last of those that they stand for.';

CREATE FUNCTION control.forget_points(upto bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    DELETE FROM control.point WHERE id <= upto;
END;
COMMENT ON FUNCTION control.forget_points(bigint) IS 'Says that all up to this one are written.';
