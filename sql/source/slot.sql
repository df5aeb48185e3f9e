-- Keeps the WAL that analytics has not read yet; max_slot_wal_keep_size bounds it.
SELECT pg_create_logical_replication_slot('mentorhub_analytics', 'pgoutput');
