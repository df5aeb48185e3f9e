-- Or folds would be planned for empty tables. Not the catalogs, which take five times as long as what is new:
-- autovacuum looks after them.
DO $$
BEGIN
    EXECUTE (
        SELECT 'ANALYZE ' || string_agg(oid::regclass::text, ', ')
        FROM pg_class
        WHERE relkind IN ('r', 'p', 'm') AND relnamespace::regnamespace::text !~ '^(pg_|information_schema$)'
    );
END
$$;
