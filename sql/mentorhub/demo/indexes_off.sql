-- Keys and indexes are put aside while the rows arrive, and come back as they were (indexes_on):
-- one sort and one join each instead of a look-up per row and key.
CREATE TEMP TABLE demo_put_aside ON COMMIT DROP AS
SELECT
    array_position('{f,i,u,p}', kind) AS place,
    off,
    back
FROM (
    SELECT
        contype AS kind,
        format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS off,
        format(
            'ALTER TABLE %s ADD CONSTRAINT %I %s',
            conrelid::regclass, conname, pg_get_constraintdef(oid)
        ) AS back,
        conrelid AS relation
    FROM pg_constraint
    WHERE contype IN ('f', 'u', 'p')
    UNION ALL
    SELECT
        'i',
        format('DROP INDEX %s', indexrelid::regclass),
        pg_get_indexdef(indexrelid),
        indrelid
    FROM pg_index
    WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype <> 'f')
) AS found
WHERE relation = ANY (
    '{users, mentors, courses, lessons, sessions, course_enrollments, progress, reviews, payments}'
    ::regclass[]
);

DO $$
DECLARE
    statement text;
BEGIN
    FOR statement IN SELECT off FROM demo_put_aside ORDER BY place LOOP
        EXECUTE statement;
    END LOOP;
END
$$;
