-- Whatever bears a name of ours and is not ours: our tables say what they are, and our schemas
-- come after them.
SELECT 'table ' || relname
FROM pg_class
WHERE
    relnamespace = to_regnamespace('public')
    AND relname = ANY (%(tables)s)
    AND coalesce(obj_description(oid, 'pg_class'), '') NOT LIKE 'Mirror of MentorHub%%'
UNION ALL
SELECT 'schema ' || nspname
FROM pg_namespace
WHERE nspname = ANY (%(schemas)s) AND to_regclass('public.users') IS NULL
