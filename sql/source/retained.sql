-- How many bytes of WAL our slot keeps, and how many it may keep; NULL for no end.
SELECT
    (pg_current_wal_lsn() - slot.restart_lsn)::bigint,
    nullif(setting.setting::bigint, -1) * 1048576
FROM
    pg_replication_slots AS slot
    CROSS JOIN pg_settings AS setting
WHERE slot.slot_name = 'mentorhub_analytics' AND setting.name = 'max_slot_wal_keep_size'
