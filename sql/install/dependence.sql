-- From each definition down to the mirror, along the views in between.
WITH RECURSIVE used (step, relation) AS (
    SELECT
        name,
        format('truth.%I', name)::regclass::oid
    FROM control.step
    WHERE kind <> 'view'
    UNION
    SELECT
        used.step,
        pg_depend.refobjid
    FROM
        used
        INNER JOIN pg_rewrite ON pg_rewrite.ev_class = used.relation
        INNER JOIN pg_depend
            ON
                pg_depend.classid = 'pg_rewrite'::regclass
                AND pg_depend.objid = pg_rewrite.oid
                AND pg_depend.refclassid = 'pg_class'::regclass
)

UPDATE control.step
SET mirrored = array(
    SELECT pg_class.relname::text
    FROM used INNER JOIN pg_class ON pg_class.oid = used.relation
    WHERE used.step = step.name AND pg_class.relnamespace = 'public'::regnamespace
);

INSERT INTO control.dependence (family, mirrored)
SELECT DISTINCT
    answer.family,
    needed.mirrored
FROM
    control.step
    CROSS JOIN LATERAL unnest(step.family || step.shared) AS answer (family)
    CROSS JOIN LATERAL unnest(step.mirrored) AS needed (mirrored);

-- A definition's view depends on each mapped column that it names. last_activity lacks no row for
-- the want of a date, so created_at itself, of which it is the maximum, is not counted by.
INSERT INTO control.counted (family, mirrored, name)
SELECT DISTINCT
    step.family,
    pg_class.relname::text,
    CASE pg_attribute.attname WHEN 'day' THEN 'created_at' ELSE pg_attribute.attname::text END
FROM
    control.step
    INNER JOIN pg_rewrite ON pg_rewrite.ev_class = to_regclass(format('truth.%I', step.name))
    INNER JOIN pg_depend
        ON
            pg_depend.classid = 'pg_rewrite'::regclass
            AND pg_depend.objid = pg_rewrite.oid
            AND pg_depend.refclassid = 'pg_class'::regclass
    INNER JOIN pg_class ON pg_class.oid = pg_depend.refobjid AND pg_class.relnamespace = 'source'::regnamespace
    INNER JOIN pg_attribute ON pg_attribute.attrelid = pg_class.oid AND pg_attribute.attnum = pg_depend.refobjsubid
WHERE pg_attribute.attname <> 'created_at'
