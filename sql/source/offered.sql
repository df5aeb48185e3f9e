-- Of what analytics asks for, what this MentorHub has: the table, the column and its place in our
-- list, as it is called and as SQL writes it, and the column's type (of a domain, the type below
-- it). What is needed is here even where it is missing; what is optional only where replication can
-- bring it, and the table's id, too; what is whole must be a whole number. mend: what to run where
-- MentorHub's server calculates the column in a way that replication can't follow: before PostgreSQL
-- 18 no generated column is published, since then stored ones are.
WITH RECURSIVE
    asked (tablename, needed, optional, whole) AS (
        VALUES
            {asked}
    ),
    below (declared, base) AS (
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
    ),
    found AS (
        SELECT
            pg_class.relname,
            pg_attribute.attname,
            base.typname,
            base.typname IN ('int2', 'int4', 'int8') AS is_whole,
            has_column_privilege(attrelid, attnum, 'SELECT') AS is_readable,
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
            END AS mend
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
    ),
    taken AS (
        SELECT
            asked.tablename,
            listed.attname,
            listed.place,
            listed.attname = ANY (asked.needed::text[]) AS is_needed,
            found.typname,
            found.mend,
            found.is_readable,
            found.relname IS NOT NULL
            AND found.mend IS NULL
            AND (found.is_whole OR listed.attname <> ALL (asked.whole::text[])) AS fits
        FROM
            asked
            CROSS JOIN LATERAL unnest(asked.needed::text[] || asked.optional::text[]) WITH ORDINALITY AS listed (attname, place)
            LEFT JOIN found ON found.relname = asked.tablename AND found.attname = listed.attname
    )
SELECT
    tablename,
    attname,
    quote_ident(tablename) AS quoted_table,
    quote_ident(attname) AS quoted,
    place,
    is_needed,
    typname,
    mend,
    is_readable
FROM taken
WHERE
    is_needed
    OR fits AND EXISTS (SELECT FROM taken AS key WHERE key.tablename = taken.tablename AND key.attname = 'id' AND key.fits)
