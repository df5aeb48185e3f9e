-- The two roles of the running system. They log in only where an operator (or the embedded stack) lets them.
DO $$
BEGIN
    IF to_regrole('analytics_reader') IS NULL THEN
        CREATE ROLE analytics_reader NOLOGIN;
    END IF;
    IF to_regrole('analytics_worker') IS NULL THEN
        CREATE ROLE analytics_worker NOLOGIN;
    END IF;
    -- By default every role of a server may connect, and make temporary tables.
    EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM public', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO analytics_reader, analytics_worker', current_database());
END
$$;

COMMENT ON ROLE analytics_reader IS 'The API: reads the read models in schema analytics, and writes what admins enter.';
COMMENT ON ROLE analytics_worker IS 'Celery workers and beat: may call the verbs in schema control and nothing else.';
