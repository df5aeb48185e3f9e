-- Triggers on the mirror whose function is of a schema that was put aside.
SELECT
    pg_class.relname::text,
    pg_trigger.tgname::text
FROM
    pg_trigger
    INNER JOIN pg_class ON pg_class.oid = pg_trigger.tgrelid
    INNER JOIN pg_proc ON pg_proc.oid = pg_trigger.tgfoid
    INNER JOIN pg_namespace ON pg_namespace.oid = pg_proc.pronamespace
WHERE pg_class.relnamespace = 'public'::regnamespace AND pg_namespace.nspname ^@ %(prefix)s
