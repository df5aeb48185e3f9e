CREATE TABLE control.installation (
    definitions text NOT NULL
);
CREATE UNIQUE INDEX installation_is_one_row ON control.installation ((true));
COMMENT ON TABLE control.installation IS 'What is installed; one row.';
COMMENT ON COLUMN control.installation.definitions IS 'Digest of the SQL that made these schemas: another digest asks for an upgrade.';

CREATE TABLE control.run (
    id           text PRIMARY KEY,
    families     text[] NOT NULL,
    reason       text NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT analytics.now(),
    started_at   timestamptz,
    finished_at  timestamptz,
    step         text,
    steps_done   integer NOT NULL DEFAULT 0,
    steps        integer,
    rows_changed bigint,
    error        text
);
CREATE INDEX run_by_time ON control.run (requested_at);
COMMENT ON TABLE control.run IS 'Rebuilds asked for, running and done; those of the last 7 days.';
COMMENT ON COLUMN control.run.id IS 'Of the Celery task that makes it, chosen by whoever asked.';
COMMENT ON COLUMN control.run.families IS 'The answers rebuilt, all in one snapshot.';
COMMENT ON COLUMN control.run.reason IS 'install, schedule, nightly, settings or request.';
COMMENT ON COLUMN control.run.requested_at IS 'When it was asked for.';
COMMENT ON COLUMN control.run.started_at IS 'When a worker took it up, at last after waiting for others.';
COMMENT ON COLUMN control.run.finished_at IS 'When it was committed or given up.';
COMMENT ON COLUMN control.run.step IS 'The summary it is at.';
COMMENT ON COLUMN control.run.steps_done IS 'Summaries and views already rebuilt.';
COMMENT ON COLUMN control.run.steps IS 'How many there are to rebuild.';
COMMENT ON COLUMN control.run.rows_changed IS 'Summary rows that were not right any more.';
COMMENT ON COLUMN control.run.error IS 'Why it was given up; NULL when it was not.';

CREATE FUNCTION control.rebuild(summary text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET work_mem = '256MB'
AS $$
DECLARE
    columns      text;
    keys         text;
    replacements text;
    removed      bigint;
    written      bigint;
BEGIN
    SELECT
        string_agg(quote_ident(stored.attname), ', ' ORDER BY stored.attnum),
        string_agg(quote_ident(stored.attname), ', ' ORDER BY stored.attnum)
            FILTER (WHERE stored.attnum = ANY (key.indkey)),
        string_agg('excluded.' || quote_ident(stored.attname), ', ' ORDER BY stored.attnum)
    INTO STRICT columns, keys, replacements
    FROM pg_attribute AS stored
    INNER JOIN pg_index AS key ON key.indrelid = stored.attrelid AND key.indisprimary
    WHERE
        stored.attrelid = format('analytics.%I', summary)::regclass
        AND stored.attnum > 0
        AND NOT stored.attisdropped
        AND stored.attgenerated = '';

    EXECUTE format('CREATE TEMP TABLE recalculated ON COMMIT DROP AS SELECT %s FROM truth.%I', columns, summary);
    EXECUTE format('ANALYZE recalculated (%s)', keys);

    EXECUTE format(
        'DELETE FROM analytics.%1$I WHERE (%2$s) IN ('
        'SELECT %2$s FROM analytics.%1$I EXCEPT SELECT %2$s FROM recalculated)',
        summary, keys
    );
    GET DIAGNOSTICS removed = ROW_COUNT;

    -- Only rows that differ are written: equal rows rewritten would bloat the table every few minutes.
    EXECUTE format(
        'INSERT INTO analytics.%1$I (%2$s) '
        'SELECT %2$s FROM recalculated EXCEPT SELECT %2$s FROM analytics.%1$I '
        'ON CONFLICT (%3$s) DO UPDATE SET (%2$s) = ROW (%4$s)',
        summary, columns, keys, replacements
    );
    GET DIAGNOSTICS written = ROW_COUNT;

    DROP TABLE recalculated;
    RETURN removed + written;
END
$$;
COMMENT ON FUNCTION control.rebuild(text) IS 'Makes a summary equal to its truth and returns how many rows were not. Readers see the old rows until the transaction commits.';

CREATE FUNCTION control.refresh(view text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format('REFRESH MATERIALIZED VIEW CONCURRENTLY analytics.%I', view);
    RETURN 0;
END
$$;
COMMENT ON FUNCTION control.refresh(text) IS 'Calculates a materialized view again; readers are not blocked. Returns 0: its rows change when those of its summaries do.';

CREATE FUNCTION control.publish(family text, as_of timestamptz, changed boolean) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    UPDATE analytics.freshness
    SET
        as_of = greatest(
            freshness.as_of,
            -- no later than our own clock: ages are measured with it, MentorHub's may be ahead
            CASE WHEN publish.as_of > clock_timestamp() THEN clock_timestamp() ELSE publish.as_of END
        ),
        changed_at = CASE WHEN changed OR changed_at IS NULL THEN clock_timestamp() ELSE changed_at END,
        version = CASE
            WHEN changed OR version IS NULL
                THEN greatest(version + 1, (extract(EPOCH FROM clock_timestamp()) * 1000000)::bigint)
            ELSE version
        END
    WHERE freshness.family = publish.family;
END;
COMMENT ON FUNCTION control.publish(text, timestamptz, boolean) IS 'Says as of when a family''s answer is right now, and whether it is another answer than before.';

CREATE FUNCTION control.report_in(timezone text, currency text, minor_units integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE analytics.reporting
    SET timezone = report_in.timezone, currency = report_in.currency, minor_units = report_in.minor_units
    WHERE (reporting.timezone, reporting.currency, reporting.minor_units)
        IS DISTINCT FROM (report_in.timezone, report_in.currency, report_in.minor_units);
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION control.report_in(text, text, integer) IS 'Stores the settings that numbers are calculated with; true when they are others than before: then everything must be rebuilt in the same transaction.';

CREATE FUNCTION control.nightly_is_due() RETURNS boolean
STABLE LANGUAGE sql
-- The reporting zone is asked here, beat runs in UTC: no night is missed or doubled when clocks change.
RETURN extract(HOUR FROM analytics.now() AT TIME ZONE (SELECT timezone FROM analytics.reporting)) >= 3
AND NOT EXISTS (
    SELECT
    FROM control.run
    WHERE
        reason = 'nightly'
        AND finished_at IS NOT NULL
        AND error IS NULL
        AND (requested_at AT TIME ZONE (SELECT timezone FROM analytics.reporting))::date = analytics.today()
);
COMMENT ON FUNCTION control.nightly_is_due() IS 'Whether it is past 3 o''clock in the reporting time zone and today''s nightly refresh has not been made.';

CREATE FUNCTION control.forget_old_runs() RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    DELETE FROM control.run WHERE requested_at < analytics.now() - interval '7 days';
END;
COMMENT ON FUNCTION control.forget_old_runs() IS 'Keeps the record short, and longer than the day in which the nightly refresh must be found.';

GRANT USAGE ON SCHEMA control TO analytics_worker;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA control TO analytics_worker;
GRANT SELECT, INSERT, UPDATE ON control.run TO analytics_worker;
GRANT USAGE ON SCHEMA analytics TO analytics_worker;
GRANT SELECT ON analytics.freshness, analytics.reporting TO analytics_worker;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA control FROM public;
