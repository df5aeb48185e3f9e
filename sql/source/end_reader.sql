-- Ends the session that reads our slot; it is our role's own.
SELECT pg_terminate_backend(active_pid)
FROM pg_replication_slots
WHERE slot_name = 'mentorhub_analytics' AND database = current_database() AND active_pid IS NOT NULL
