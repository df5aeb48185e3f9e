-- Tables whose first copy isn't done, and how many rows of each have come.
SELECT
    pg_class.relname::text,
    coalesce(copy.tuples_processed, 0)
FROM
    pg_subscription_rel AS rel
    INNER JOIN pg_class ON pg_class.oid = rel.srrelid
    LEFT JOIN pg_stat_progress_copy AS copy
        ON copy.relid = rel.srrelid AND copy.datname = current_database()
WHERE rel.srsubstate <> 'r'
