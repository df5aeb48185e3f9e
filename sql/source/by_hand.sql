-- What a DBA of MentorHub runs in its database, where the role of SOURCE_DATABASE_URL may not;
-- with psql and as a superuser, as often as need be. wal_level needs a restart of the server.
ALTER SYSTEM SET wal_level = logical;
-- How much WAL is kept for an analytics that is away: beyond that it compares every row.
ALTER SYSTEM SET max_slot_wal_keep_size = '10GB';

-- The role that analytics connects as. Give it a password: \password mentorhub_analytics
DO $$
BEGIN
    IF to_regrole('mentorhub_analytics') IS NULL THEN
        CREATE ROLE mentorhub_analytics;
    END IF;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO mentorhub_analytics', current_database());
END
$$;
ALTER ROLE mentorhub_analytics LOGIN REPLICATION;
GRANT USAGE ON SCHEMA public TO mentorhub_analytics;
GRANT SELECT (id, username, role, is_active, is_verified, created_at) ON public.users TO mentorhub_analytics;
GRANT SELECT (id, title, is_active) ON public.courses TO mentorhub_analytics;
GRANT SELECT (id, student_id, mentor_id, duration_minutes, status, created_at) ON public.sessions TO mentorhub_analytics;
GRANT SELECT (id, user_id, course_id, progress_percent, completed, created_at) ON public.course_enrollments TO mentorhub_analytics;
GRANT SELECT (id, user_id, created_at) ON public.progress TO mentorhub_analytics;
GRANT SELECT (id, user_id, course_id, rating, created_at) ON public.reviews TO mentorhub_analytics;
GRANT SELECT (id, student_id, amount, currency, status, created_at) ON public.payments TO mentorhub_analytics;
