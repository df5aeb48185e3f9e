-- The mirror's columns that are received, and their types.
SELECT
    relname::text,
    attname::text,
    typname::text
FROM
    pg_attribute
    INNER JOIN pg_class ON pg_class.oid = attrelid
    INNER JOIN pg_type ON pg_type.oid = atttypid
WHERE
    relnamespace = to_regnamespace('public')
    AND relkind = 'r'
    AND attnum > 0
    AND NOT attisdropped
    AND attgenerated = ''
