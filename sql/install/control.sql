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
COMMENT ON COLUMN control.run.reason IS 'install, nightly, settings or request.';
COMMENT ON COLUMN control.run.requested_at IS 'When it was asked for.';
COMMENT ON COLUMN control.run.started_at IS 'When a worker took it up, at last after waiting for others.';
COMMENT ON COLUMN control.run.finished_at IS 'When it was committed or given up.';
COMMENT ON COLUMN control.run.step IS 'The summary, ranking or view it is at.';
COMMENT ON COLUMN control.run.steps_done IS 'Summaries and views already rebuilt.';
COMMENT ON COLUMN control.run.steps IS 'How many there are to rebuild.';
COMMENT ON COLUMN control.run.rows_changed IS 'Rows that were not right.';
COMMENT ON COLUMN control.run.error IS 'Why it was given up; NULL when it was not.';

CREATE FUNCTION control.reports_in(timezone text, currency text, units jsonb) RETURNS boolean
STABLE LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT
        (reporting.timezone, reporting.currency) = (reports_in.timezone, reports_in.currency)
        AND reports_in.units = (SELECT jsonb_object_agg(minor_unit.currency, unit::text) FROM analytics.minor_unit)
    FROM analytics.reporting;
END;
COMMENT ON FUNCTION control.reports_in(text, text, jsonb) IS 'Whether these are the settings that answers are given with.';

CREATE FUNCTION control.report_in(timezone text, currency text, units jsonb) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    days_differ boolean := (SELECT reporting.timezone <> report_in.timezone FROM analytics.reporting);
BEGIN
    UPDATE analytics.reporting SET timezone = report_in.timezone, currency = report_in.currency;
    DELETE FROM analytics.minor_unit;
    INSERT INTO analytics.minor_unit (currency, unit)
    SELECT entry.key, entry.value::numeric FROM jsonb_each_text(units) AS entry;
    -- no day of another calendar beside one of this
    IF days_differ THEN
        INSERT INTO control.repair (step) SELECT name FROM control.step;
    END IF;
    UPDATE analytics.freshness
    SET
        changed_at = clock_timestamp(),
        version = greatest(version + 1, (extract(EPOCH FROM clock_timestamp()) * 1000000)::bigint);
    RETURN days_differ;
END
$$;
COMMENT ON FUNCTION control.report_in(text, text, jsonb) IS 'Gives answers with other settings from now on; true when their days are others than before: then every summary must be audited and everything folded in the same transaction.';

CREATE FUNCTION control.nightly_is_due() RETURNS boolean
STABLE LANGUAGE sql
-- The reporting zone is asked here, beat runs in UTC: no night is missed or doubled when clocks change.
RETURN extract(HOUR FROM analytics.now() AT TIME ZONE (SELECT timezone FROM analytics.reporting)) >= 3
AND NOT EXISTS (
    SELECT
    FROM control.run
    WHERE
        reason = 'nightly'
        AND error IS NULL
        AND (requested_at AT TIME ZONE (SELECT timezone FROM analytics.reporting))::date = analytics.today()
);
COMMENT ON FUNCTION control.nightly_is_due() IS 'Whether it is past 3 o''clock in the reporting time zone and today''s nightly refresh has neither been made nor asked for.';

CREATE FUNCTION control.forget_old_runs() RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    DELETE FROM control.run WHERE requested_at < analytics.now() - interval '7 days';
    DELETE FROM control.drift WHERE found_at < clock_timestamp() - interval '7 days';
END;
COMMENT ON FUNCTION control.forget_old_runs() IS 'Keeps the record short, and longer than the day in which the nightly refresh must be found.';

GRANT USAGE ON SCHEMA control TO analytics_worker;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA control TO analytics_worker;
GRANT SELECT, INSERT, UPDATE ON control.run TO analytics_worker;
GRANT USAGE ON SCHEMA analytics TO analytics_worker;
GRANT SELECT ON analytics.freshness, analytics.reporting TO analytics_worker;
GRANT SELECT ON control.step, control.audited, control.drift TO analytics_worker;
-- to lock it, no more
GRANT UPDATE ON control.turn TO analytics_worker;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA control FROM public;
