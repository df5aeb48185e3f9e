-- Every column of MentorHub's tables, its type (of a domain, the type below it), and whether it is
-- calculated by MentorHub's server in a way that replication can't follow: before PostgreSQL 18 no
-- generated column is published, since then stored ones are.
WITH RECURSIVE below (declared, base) AS (
    SELECT
        oid,
        oid
    FROM pg_type
    UNION ALL
    SELECT
        below.declared,
        pg_type.typbasetype
    FROM below INNER JOIN pg_type ON pg_type.oid = below.base
    WHERE pg_type.typtype = 'd'
)

SELECT
    pg_class.relname,
    pg_attribute.attname,
    base.typname,
    pg_attribute.attgenerated <> ''
    AND NOT (pg_attribute.attgenerated = 's' AND current_setting('server_version_num')::integer >= 180000)
FROM
    pg_attribute
    INNER JOIN pg_class ON pg_class.oid = pg_attribute.attrelid
    INNER JOIN below ON below.declared = pg_attribute.atttypid
    INNER JOIN pg_type AS base ON base.oid = below.base AND base.typtype <> 'd'
WHERE
    pg_class.relnamespace = to_regnamespace('public')
    AND pg_class.relkind IN ('r', 'p')
    AND pg_attribute.attnum > 0
    AND NOT pg_attribute.attisdropped
