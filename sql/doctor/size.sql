-- Bytes of MentorHub's tables without their indexes: more than the columns that are mirrored.
SELECT coalesce(sum(pg_table_size(oid)), 0)::bigint
FROM pg_class
WHERE relnamespace = to_regnamespace('public') AND relkind = 'r'
