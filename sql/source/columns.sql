-- Every column of MentorHub's tables, and its type; of a domain, the type below it.
SELECT
    pg_class.relname,
    pg_attribute.attname,
    coalesce(base.typname, declared.typname)
FROM
    pg_attribute
    INNER JOIN pg_class ON pg_class.oid = pg_attribute.attrelid
    INNER JOIN pg_type AS declared ON declared.oid = pg_attribute.atttypid
    LEFT JOIN pg_type AS base ON base.oid = declared.typbasetype
WHERE
    pg_class.relnamespace = to_regnamespace('public')
    AND pg_class.relkind = 'r'
    AND pg_attribute.attnum > 0
    AND NOT pg_attribute.attisdropped
