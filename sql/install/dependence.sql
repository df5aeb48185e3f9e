-- From each definition down to the mirror, along the views in between.
INSERT INTO control.dependence (family, mirrored)
WITH RECURSIVE used (family, relation) AS (
    SELECT
        unnest(family || shared),
        format('truth.%I', name)::regclass::oid
    FROM control.step
    WHERE kind <> 'view'
    UNION
    SELECT
        used.family,
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

SELECT DISTINCT
    used.family,
    pg_class.relname
FROM used INNER JOIN pg_class ON pg_class.oid = used.relation
WHERE pg_class.relnamespace = 'public'::regnamespace
