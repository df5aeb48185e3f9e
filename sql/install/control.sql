CREATE TABLE control.installation (
    definitions  text NOT NULL,
    shape        text NOT NULL,
    installed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX installation_is_one_row ON control.installation ((true));
COMMENT ON TABLE control.installation IS 'What is installed; one row.';
COMMENT ON COLUMN control.installation.definitions IS 'Digest of the SQL that made these schemas: another digest asks for an upgrade.';
COMMENT ON COLUMN control.installation.shape IS 'Digest of what readers find: an API with another one is of another version.';
COMMENT ON COLUMN control.installation.installed_at IS 'Since when.';

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

GRANT USAGE ON SCHEMA control TO analytics_worker;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA control TO analytics_worker;
GRANT USAGE ON SCHEMA analytics TO analytics_worker;
GRANT SELECT ON analytics.freshness, analytics.reporting TO analytics_worker;
GRANT SELECT ON control.step, control.audited, control.drift, control.run, control.slice, control.run_status, control.point, control.point_target TO analytics_worker;
-- to lock it, no more
GRANT UPDATE ON control.turn TO analytics_worker;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA control FROM public;
