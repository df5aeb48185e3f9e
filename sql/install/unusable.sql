-- Beside the mapped tables: which of their rows hold a value that can't be counted. A mapping of
-- somebody's own may do without the column: what it can't use is left out then, and nobody told.
DO $$
DECLARE
    schema text;
    tables text [];
    signed text;
BEGIN
    FOREACH schema IN ARRAY ARRAY['source', 'change'] LOOP
        tables := array(
            SELECT relname::text
            FROM pg_class INNER JOIN pg_attribute ON attrelid = pg_class.oid
            WHERE relnamespace = schema::regnamespace AND attname IN ('id', 'unusable')
            GROUP BY relname
            HAVING count(*) = 2
            ORDER BY relname
        );
        SELECT
            string_agg(
                format(
                    'SELECT %2$L AS mirrored, id::bigint AS id, unusable AS reason, w FROM %1$I.%2$I'
                    ' WHERE unusable IS NOT NULL',
                    schema, mapped
                ),
                ' UNION ALL '
            )
        INTO signed
        FROM unnest(tables) AS mapped;
        EXECUTE format(
            'CREATE VIEW %I.unusable AS %s',
            schema,
            coalesce(signed, 'SELECT ''''::text AS mirrored, 0::bigint AS id, ''''::text AS reason, 0 AS w WHERE false')
        );
        EXECUTE format('COMMENT ON VIEW %I.unusable IS %L', schema, 'Rows with a value that can''t be counted, and which it is.');
    END LOOP;
END
$$;
