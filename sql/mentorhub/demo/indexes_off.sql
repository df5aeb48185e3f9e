-- Keys and indexes are put aside while the rows arrive, and come back as they were (indexes_on):
-- one sort and one join each instead of a look-up per row and key.
CREATE TEMP TABLE demo_put_aside ON COMMIT DROP AS
WITH filled AS (
    SELECT unnest('{
        users, mentors, courses, lessons, sessions, course_enrollments, progress, reviews, payments,
        subscriptions, messages
    }'::regclass[]) AS relation
)
SELECT
    array_position('{f,i,u,p}', contype) AS place,
    format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS off,
    format(
        'ALTER TABLE %s ADD CONSTRAINT %I %s',
        conrelid::regclass, conname, pg_get_constraintdef(oid)
    ) AS back
FROM pg_constraint
WHERE (contype IN ('p', 'u') AND conrelid IN (SELECT relation FROM filled))
    OR (contype = 'f' AND confrelid IN (SELECT relation FROM filled))
UNION ALL
SELECT 2, format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
FROM pg_index
WHERE indrelid IN (SELECT relation FROM filled)
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype <> 'f');

DO $$
DECLARE
    statement text;
BEGIN
    FOR statement IN SELECT off FROM demo_put_aside ORDER BY place LOOP
        EXECUTE statement;
    END LOOP;
END
$$;
