-- Every column of MentorHub's tables, its type (of a domain, the type below it), and, where MentorHub's
-- server calculates it in a way that replication can't follow, what mends that: before PostgreSQL 18
-- no generated column is published, since then stored ones are.
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
    CASE
        WHEN pg_attribute.attgenerated = 'v' THEN
            format(
                'ALTER TABLE public.%1$I DROP %2$I, ADD %2$I %3$s GENERATED ALWAYS AS (%4$s) STORED',
                relname,
                attname,
                format_type(atttypid, atttypmod),
                pg_get_expr(adbin, adrelid)
            )
        WHEN pg_attribute.attgenerated = 's' AND current_setting('server_version_num')::integer < 180000 THEN
            format('ALTER TABLE public.%I ALTER %I DROP EXPRESSION', relname, attname)
    END
FROM
    pg_attribute
    INNER JOIN pg_class ON pg_class.oid = pg_attribute.attrelid
    INNER JOIN below ON below.declared = pg_attribute.atttypid
    INNER JOIN pg_type AS base ON base.oid = below.base AND base.typtype <> 'd'
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE
    pg_class.relnamespace = to_regnamespace('public')
    AND pg_class.relkind IN ('r', 'p')
    AND pg_attribute.attnum > 0
    AND NOT pg_attribute.attisdropped
