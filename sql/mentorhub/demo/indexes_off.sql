-- Foreign keys and secondary indexes are put aside while the rows arrive, and come back as they
-- were (indexes_on): one sort and one join each instead of a look-up per row and key.
CREATE TEMP TABLE demo_put_aside ON COMMIT DROP AS
SELECT 1 AS place, conname AS name,
    format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS off,
    format(
        'ALTER TABLE %s ADD CONSTRAINT %I %s',
        conrelid::regclass, conname, pg_get_constraintdef(oid)
    ) AS back
FROM pg_constraint
WHERE contype = 'f' AND connamespace = 'public'::regnamespace
    AND conrelid = ANY (ARRAY[
        'mentors', 'courses', 'lessons', 'sessions', 'course_enrollments', 'progress', 'reviews',
        'payments'
    ]::regclass[])
UNION ALL
SELECT 0, indexrelid::regclass::text, format('DROP INDEX %s', indexrelid::regclass),
    pg_get_indexdef(indexrelid)
FROM pg_index
WHERE NOT indisunique AND indrelid = ANY (ARRAY[
    'users', 'mentors', 'courses', 'lessons', 'sessions', 'course_enrollments', 'progress',
    'reviews', 'payments'
]::regclass[]);

DO $$
DECLARE
    statement text;
BEGIN
    FOR statement IN SELECT off FROM demo_put_aside ORDER BY place, name LOOP
        EXECUTE statement;
    END LOOP;
END
$$;
