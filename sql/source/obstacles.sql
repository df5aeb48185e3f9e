-- What would make MentorHub's own statements fail, or keep rows back, once each table is published,
-- of it and of its parts: the table that is published, whether it is about a part, how SQL writes
-- that; by which columns replication tells its rows apart, whether that is the default, whether it
-- has a primary key; whether its changes are logged, and which tables inherit from it without being
-- parts. What is checked only at the end of a transaction tells no rows apart.
SELECT
    root.relname,
    root.oid <> rel.oid AS is_part,
    format('%%I.%%I', rel.relnamespace::regnamespace, rel.relname) AS written,
    rel.relreplident = 'd' AS by_default,
    EXISTS (SELECT FROM pg_index WHERE indrelid = rel.oid AND indisprimary) AS has_key,
    array(
        SELECT attname::text
        FROM
            pg_index
            INNER JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
        WHERE
            indrelid = rel.oid
            AND indisvalid
            AND indimmediate
            AND CASE rel.relreplident WHEN 'd' THEN indisprimary WHEN 'i' THEN indisreplident END
        ORDER BY attname
    ),
    rel.relpersistence = 'p' AS is_logged,
    CASE
        WHEN rel.relkind = 'r' THEN
            (SELECT string_agg(inhrelid::regclass::text, ', ' ORDER BY inhrelid) FROM pg_inherits WHERE inhparent = rel.oid)
    END AS heirs
FROM
    pg_class AS root
    INNER JOIN pg_class AS rel ON
        rel.oid = root.oid
        OR rel.oid IN (SELECT relid FROM pg_partition_tree(root.oid) WHERE isleaf)
WHERE root.relnamespace = to_regnamespace('public') AND root.relname = ANY (%(tables)s)
ORDER BY root.relname, is_part, written
