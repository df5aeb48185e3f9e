-- The mapped tables as they were when everything was last folded: what is pending counts the other
-- way round. Sums of w are right over them; rows that came and went are both still there.
DO $$
DECLARE
    mapped  text;
    columns text;
BEGIN
    FOREACH mapped IN ARRAY
        ARRAY['users', 'courses', 'sessions', 'course_enrollments', 'progress', 'reviews', 'payments']
    LOOP
        SELECT string_agg(format('%I', attname), ', ' ORDER BY attnum)
        INTO STRICT columns
        FROM pg_attribute
        WHERE attrelid = format('source.%I', mapped)::regclass AND attnum > 0 AND attname <> 'w';

        EXECUTE format(
            'CREATE VIEW folded.%1$I AS'
            ' SELECT %2$s, w FROM source.%1$I UNION ALL SELECT %2$s, - w FROM change.%1$I',
            mapped, columns
        );
        EXECUTE format('COMMENT ON VIEW folded.%1$I IS %2$L', mapped, 'source.' || mapped || ' without what is pending.');
    END LOOP;
END
$$;
