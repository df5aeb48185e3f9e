-- Row triggers on the mirror append signed rows, in the transaction that applies the change. They
-- are ALWAYS enabled, or replication would not fire them. Statement triggers fire in replication for
-- TRUNCATE alone. A table has a function of its own, as dynamic SQL for each row would cost
-- several times as much.
DO $$
DECLARE
    mirrored   text;
    -- columns that feed no metric, so that their changes need not be captured
    unmeasured text[] := ARRAY['users.is_active'];
    columns    text;
    measured   text;
BEGIN
    FOR mirrored IN SELECT name FROM control.mirrored LOOP
        SELECT
            string_agg(format('%I', attname), ', ' ORDER BY attnum),
            string_agg(format('OLD.%1$I IS DISTINCT FROM NEW.%1$I', attname), ' OR ' ORDER BY attnum)
                FILTER (WHERE format('%s.%s', mirrored, attname) <> ALL (unmeasured))
        INTO STRICT columns, measured
        FROM pg_attribute
        WHERE
            attrelid = format('public.%I', mirrored)::regclass
            AND attnum > 0
            AND NOT attisdropped
            AND attname <> 'w';

        EXECUTE format(
            $sql$
            -- Every row lives for a moment only: it is vacuumed by count, not by share.
            CREATE TABLE capture.%1$I (LIKE public.%1$I) WITH (
                autovacuum_vacuum_threshold = 2000,
                autovacuum_vacuum_scale_factor = 0,
                autovacuum_vacuum_insert_threshold = -1,
                autovacuum_vacuum_cost_delay = 0,
                toast.autovacuum_enabled = false
            );
            COMMENT ON TABLE capture.%1$I IS 'Signed rows of public.%1$s.';

            CREATE FUNCTION capture.%2$I() RETURNS trigger LANGUAGE plpgsql AS $body$
            BEGIN
                IF TG_OP <> 'INSERT' THEN
                    INSERT INTO capture.%1$I (%4$s, w) SELECT %5$s, -1;
                END IF;
                IF TG_OP <> 'DELETE' THEN
                    INSERT INTO capture.%1$I (%4$s, w) SELECT %6$s, 1;
                END IF;
                PERFORM pg_notify('mentorhub_analytics', %1$L);
                RETURN NULL;
            END
            $body$;
            COMMENT ON FUNCTION capture.%2$I() IS 'Appends a change of a row of public.%1$s.';

            CREATE FUNCTION capture.%3$I() RETURNS trigger LANGUAGE plpgsql AS $body$
            BEGIN
                INSERT INTO capture.%1$I (%4$s, w) SELECT %4$s, -1 FROM public.%1$I;
                PERFORM pg_notify('mentorhub_analytics', %1$L);
                RETURN NULL;
            END
            $body$;
            COMMENT ON FUNCTION capture.%3$I() IS 'Appends that every row of public.%1$s vanishes.';

            CREATE TRIGGER capture_row AFTER INSERT OR DELETE ON public.%1$I
            FOR EACH ROW EXECUTE FUNCTION capture.%2$I();
            CREATE TRIGGER capture_update AFTER UPDATE ON public.%1$I
            FOR EACH ROW WHEN (%7$s) EXECUTE FUNCTION capture.%2$I();
            CREATE TRIGGER capture_truncate BEFORE TRUNCATE ON public.%1$I
            FOR EACH STATEMENT EXECUTE FUNCTION capture.%3$I();
            ALTER TABLE public.%1$I
                ENABLE ALWAYS TRIGGER capture_row,
                ENABLE ALWAYS TRIGGER capture_update,
                ENABLE ALWAYS TRIGGER capture_truncate;
            $sql$,
            mirrored,
            mirrored || '_row',
            mirrored || '_truncated',
            columns,
            (SELECT string_agg('OLD.' || name, ', ') FROM unnest(string_to_array(columns, ', ')) AS name),
            (SELECT string_agg('NEW.' || name, ', ') FROM unnest(string_to_array(columns, ', ')) AS name),
            measured
        );
    END LOOP;
END
$$;

-- Whoever keeps accounts in memory hears that they may be others now.
CREATE FUNCTION capture.tell_accounts() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_notify('mentorhub_analytics_accounts', '');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION capture.tell_accounts() IS 'Says, once in a transaction, that an account is another or is gone.';

CREATE TRIGGER tell_accounts AFTER UPDATE OR DELETE ON public.users
FOR EACH ROW EXECUTE FUNCTION capture.tell_accounts();
CREATE TRIGGER tell_truncated AFTER TRUNCATE ON public.users
FOR EACH STATEMENT EXECUTE FUNCTION capture.tell_accounts();
ALTER TABLE public.users
    ENABLE ALWAYS TRIGGER tell_accounts,
    ENABLE ALWAYS TRIGGER tell_truncated;

-- By these a fold looks up the few rows of a user, a course or a mentor that changed.
CREATE INDEX IF NOT EXISTS sessions_of_student ON public.sessions (student_id);
COMMENT ON INDEX public.sessions_of_student IS 'For user_engagement.';
CREATE INDEX IF NOT EXISTS sessions_of_mentor ON public.sessions (mentor_id);
COMMENT ON INDEX public.sessions_of_mentor IS 'For mentor_day.';
CREATE INDEX IF NOT EXISTS course_enrollments_of_user ON public.course_enrollments (user_id);
COMMENT ON INDEX public.course_enrollments_of_user IS 'For user_engagement.';
CREATE INDEX IF NOT EXISTS course_enrollments_of_course ON public.course_enrollments (course_id);
COMMENT ON INDEX public.course_enrollments_of_course IS 'For course_performance.';
CREATE INDEX IF NOT EXISTS progress_of_user ON public.progress (user_id);
COMMENT ON INDEX public.progress_of_user IS 'For user_engagement.';
CREATE INDEX IF NOT EXISTS reviews_of_user ON public.reviews (user_id);
COMMENT ON INDEX public.reviews_of_user IS 'For user_engagement.';
CREATE INDEX IF NOT EXISTS reviews_of_course ON public.reviews (course_id);
COMMENT ON INDEX public.reviews_of_course IS 'For course_performance.';
CREATE INDEX IF NOT EXISTS payments_of_student ON public.payments (student_id);
COMMENT ON INDEX public.payments_of_student IS 'For user_engagement.';
