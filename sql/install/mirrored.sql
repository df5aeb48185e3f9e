-- What names every mirrored table. The lists are made from the tables that are there.
DO $$
DECLARE
    tables  text := (SELECT string_agg(format('public.%I', name), ', ' ORDER BY name) FROM control.mirrored);
    changed text := (
        SELECT string_agg(format('CASE WHEN EXISTS (SELECT FROM capture.%1$I) THEN %1$L END', name), ', ' ORDER BY name)
        FROM control.mirrored
    );
    -- No more than 1,000 of a table are counted: after a bulk import a reader must not wait.
    waiting text := (
        SELECT
            string_agg(
                format('SELECT %1$L AS mirrored, count(*) AS changes FROM (SELECT FROM capture.%1$I LIMIT 1000) AS first_rows', name),
                ' UNION ALL '
                ORDER BY name
            )
        FROM control.mirrored
    );
BEGIN
    EXECUTE format('CREATE VIEW control.mirror AS SELECT FROM %s WHERE false', tables);
    EXECUTE format('CREATE FUNCTION control.changed_tables() RETURNS text [] STABLE LANGUAGE sql RETURN array_remove(ARRAY[%s], NULL)', changed);
    EXECUTE format(
        $sql$
        CREATE VIEW analytics.pending AS
        SELECT dependence.family, sum(waiting.changes)::bigint AS changes
        FROM control.dependence INNER JOIN (%s) AS waiting USING (mirrored)
        GROUP BY dependence.family
        $sql$,
        waiting
    );
END
$$;
COMMENT ON VIEW control.mirror IS 'Empty; whoever counts the mirror locks it before taking a snapshot, as TRUNCATE would empty tables for older snapshots too.';
GRANT SELECT ON control.mirror TO analytics_worker;
COMMENT ON FUNCTION control.changed_tables() IS 'The mirrored tables of which a signed row waits to be folded.';
COMMENT ON VIEW analytics.pending IS 'How many signed rows each answer does not count yet (an update is two), up to 1,000 of a table.';

CREATE VIEW analytics.missing_column AS
SELECT
    mirrored,
    name
FROM public.missing_column;
COMMENT ON VIEW analytics.missing_column IS 'Columns that a metric may need, and this MentorHub doesn''t have; of a missing table, all.';
GRANT SELECT ON analytics.missing_column TO analytics_worker;
