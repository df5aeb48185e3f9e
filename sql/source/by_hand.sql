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
