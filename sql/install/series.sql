CREATE VIEW control.series_step AS
SELECT
    step.name,
    series.grain
FROM
    control.step
    CROSS JOIN analytics.series
    INNER JOIN pg_attribute
        ON
            pg_attribute.attrelid = to_regclass(format('analytics.%I', step.name))
            AND pg_attribute.attname = series.grain
            AND pg_attribute.atttypid = 'timestamptz'::regtype
WHERE step.kind = 'summary';
COMMENT ON VIEW control.series_step IS 'The summaries that are kept by the hour or minute.';

CREATE FUNCTION control.series_since(days jsonb) RETURNS TABLE (grain text, since timestamptz)
STABLE LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT
        kept.key,
        (analytics.today() - kept.value::integer)::timestamp AT TIME ZONE reporting.timezone
    FROM jsonb_each_text(days) AS kept CROSS JOIN analytics.reporting;
END;
COMMENT ON FUNCTION control.series_since(jsonb) IS 'Since when each grain is to be kept: today, and so many whole days before.';

CREATE FUNCTION control.keeps_series(days jsonb) RETURNS boolean
STABLE LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT NOT EXISTS (SELECT * FROM control.series_since(days) EXCEPT SELECT series.grain, series.since FROM analytics.series);
END;
COMMENT ON FUNCTION control.keeps_series(jsonb) IS 'Whether each grain is kept since when it is to be kept.';

CREATE FUNCTION control.keep_series(days jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET work_mem = '256MB'
AS $$
DECLARE
    moved   record;
    step    text;
    has     record;
    stored  text;
    rows    bigint;
    written bigint := 0;
BEGIN
    FOR moved IN
        SELECT wanted.grain, wanted.since, series.since AS before
        FROM control.series_since(days) AS wanted INNER JOIN analytics.series USING (grain)
        WHERE wanted.since <> series.since
    LOOP
        UPDATE analytics.series SET since = moved.since WHERE grain = moved.grain;
        FOR step IN SELECT name FROM control.series_step WHERE grain = moved.grain LOOP
            IF moved.since > moved.before THEN
                EXECUTE format('DELETE FROM analytics.%I WHERE %I < $1', step, moved.grain) USING moved.since;
                GET DIAGNOSTICS rows = ROW_COUNT;
                EXECUTE format('DELETE FROM correction.%I WHERE %I < $1', step, moved.grain) USING moved.since;
                -- in a hypertable: those chunks that were emptied when the bound moved before
                IF isfinite(moved.before) AND to_regproc(format('control.%I', 'drop_chunks_of_' || step)) IS NOT NULL THEN
                    EXECUTE format('SELECT control.%I($1)', 'drop_chunks_of_' || step) USING moved.before;
                END IF;
            ELSE
                -- of what was not stored, drift is all but what is pending
                SELECT * INTO STRICT has FROM control.signed_columns(step);
                stored := array_to_string(has.keys || has.sums, ', ');
                EXECUTE format('INSERT INTO analytics.%1$I (%2$s) SELECT %2$s FROM drift.%1$I WHERE %3$I >= $1 AND %3$I < $2', step, stored, moved.grain)
                USING moved.since, moved.before;
                GET DIAGNOSTICS rows = ROW_COUNT;
            END IF;
            written := written + rows;
        END LOOP;
    END LOOP;
    UPDATE analytics.freshness
    SET
        changed_at = clock_timestamp(),
        version = greatest(version + 1, (extract(EPOCH FROM clock_timestamp()) * 1000000)::bigint)
    WHERE family IN (SELECT step_of.family FROM control.step AS step_of INNER JOIN control.series_step USING (name));
    RETURN written;
END
$$;
COMMENT ON FUNCTION control.keep_series(jsonb) IS 'Drops what is older than so many days of each grain, or takes what is younger again, and returns how many rows that were. To be called in a REPEATABLE READ transaction that has locked control.turn.';
