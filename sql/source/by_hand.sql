-- What MentorHub's DBAs run in its database where the role of SOURCE_DATABASE_URL may not, with psql:
-- the first time as a superuser, after each migration as the owner of the tables, who needs no more
-- rights than that. Whatever is done already is left alone.
--
-- Two settings hold for the whole server, and are yours: nothing here changes them.
--
--     ALTER SYSTEM SET wal_level = logical;
--         Needed. Somewhat more WAL; takes effect with a restart of the server.
--     ALTER SYSTEM SET max_slot_wal_keep_size = '10GB'; SELECT pg_reload_conf();
--         How much WAL is kept for an analytics that is away, which beyond that compares every row.
--         Without a bound, the disk fills. It holds for every slot: a standby's, too.

-- The role that analytics connects as. Give it a password: \password mentorhub_analytics
SELECT 'CREATE ROLE mentorhub_analytics' WHERE to_regrole('mentorhub_analytics') IS NULL \gexec
SELECT 'ALTER ROLE mentorhub_analytics LOGIN REPLICATION' FROM pg_roles WHERE rolname = 'mentorhub_analytics' AND NOT (rolcanlogin AND rolreplication) \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO mentorhub_analytics', current_database()) WHERE NOT has_database_privilege('mentorhub_analytics', current_database(), 'CONNECT') \gexec
SELECT 'GRANT USAGE ON SCHEMA public TO mentorhub_analytics' WHERE NOT has_schema_privilege('mentorhub_analytics', 'public', 'USAGE') \gexec
