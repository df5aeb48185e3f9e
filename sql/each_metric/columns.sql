SELECT
    attname,
    format_type(atttypid, NULL)
FROM pg_attribute
WHERE attrelid = format('truth.%%I', %s::text)::regclass AND attnum > 0
ORDER BY attnum
