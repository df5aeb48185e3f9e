-- A maximum may be another only where a row that had it went.
DO $$
DECLARE
    mapped text;
BEGIN
    FOR mapped IN SELECT relname FROM pg_class WHERE relnamespace = 'change'::regnamespace AND relkind = 'v' LOOP
        EXECUTE format('CREATE VIEW vanished.%1$I AS SELECT * FROM change.%1$I WHERE w < 0', mapped);
        EXECUTE format('COMMENT ON VIEW vanished.%1$I IS %2$L', mapped, 'Those of change.' || mapped || ' that went.');
    END LOOP;
END
$$;
