-- By which columns replication tells the rows of each table apart, and whether that is the default.
SELECT
    relname,
    relreplident = 'd',
    array(
        SELECT attname::text
        FROM
            pg_index
            INNER JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
        WHERE
            indrelid = pg_class.oid
            AND CASE relreplident WHEN 'd' THEN indisprimary WHEN 'i' THEN indisreplident END
    )
FROM pg_class
WHERE relnamespace = to_regnamespace('public') AND relname = ANY (%(tables)s)
