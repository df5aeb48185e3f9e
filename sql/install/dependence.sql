-- From each definition down to the mirror, along the views and functions in between; what is counted
-- from a summary depends on what that is counted from.
WITH RECURSIVE defined (step, kind, definition, stored) AS MATERIALIZED (
    SELECT
        name,
        kind,
        to_regclass(format('truth.%I', name))::oid,
        to_regclass(format('analytics.%I', name))::oid
    FROM control.step
    WHERE kind <> 'view'
),

-- what a definition names, and what a function does
named (class, object, named_class, named_object) AS MATERIALIZED (
    SELECT
        CASE WHEN pg_rewrite.oid IS NULL THEN pg_depend.classid ELSE 'pg_class'::regclass END,
        coalesce(pg_rewrite.ev_class, pg_depend.objid),
        pg_depend.refclassid,
        coalesce(counted.definition, pg_depend.refobjid)
    FROM
        pg_depend
        LEFT JOIN pg_rewrite ON pg_depend.classid = 'pg_rewrite'::regclass AND pg_rewrite.oid = pg_depend.objid
        LEFT JOIN defined AS counted ON counted.kind IN ('summary', 'journal') AND pg_depend.refclassid = 'pg_class'::regclass AND counted.stored = pg_depend.refobjid
    WHERE pg_depend.refclassid IN ('pg_class'::regclass, 'pg_proc'::regclass)
),

used (step, class, object) AS (
    SELECT
        step,
        'pg_class'::regclass::oid,
        definition
    FROM defined
    UNION
    SELECT
        used.step,
        named.named_class,
        named.named_object
    FROM used INNER JOIN named USING (class, object)
)

UPDATE control.step
SET
    mirrored = array(
        SELECT pg_class.relname::text
        FROM used INNER JOIN pg_class ON used.class = 'pg_class'::regclass AND pg_class.oid = used.object
        WHERE used.step = step.name AND pg_class.relnamespace = 'public'::regnamespace
    ),
    counted_from = array(
        SELECT summary.step
        FROM used INNER JOIN defined AS summary ON used.object = summary.definition
        WHERE used.step = step.name AND summary.step <> step.name
    );

UPDATE control.step
SET is_read = true
FROM control.step AS other
WHERE other.kind = 'summary' AND step.name = ANY (other.counted_from);

INSERT INTO control.dependence (family, mirrored)
SELECT DISTINCT
    answer.family,
    needed.mirrored
FROM
    control.step
    CROSS JOIN LATERAL unnest(step.family || step.shared) AS answer (family)
    CROSS JOIN LATERAL unnest(step.mirrored) AS needed (mirrored);

-- A definition's view depends on each mapped column that it names. last_activity lacks no row for
-- the want of a date, so created_at itself, where a maximum is a moment, is not counted by.
INSERT INTO control.counted (family, mirrored, name)
SELECT DISTINCT
    answer.family,
    pg_class.relname::text,
    CASE WHEN pg_attribute.attname IN ('day', 'hour', 'minute') THEN 'created_at' ELSE regexp_replace(pg_attribute.attname, '_day$', '_at') END
FROM
    control.step
    -- of what an answer shares it counts only what it is about: a metric's address, the metric
    CROSS JOIN LATERAL (
        SELECT step.family
        UNION
        SELECT reader
        FROM unnest(step.shared) AS reader
        WHERE
            reader = 'metrics/' || step.name
            -- nothing is stored for it alone
            OR (reader ^@ 'metrics/' AND substr(reader, length('metrics/') + 1) NOT IN (SELECT name FROM control.step))
    ) AS answer
    -- what is counted from another summary lacks what that lacks
    CROSS JOIN LATERAL unnest(
        step.name || CASE WHEN step.kind = 'summary' THEN step.counted_from ELSE '{}' END
    ) AS definition (name)
    INNER JOIN pg_rewrite ON pg_rewrite.ev_class = to_regclass(format('truth.%I', definition.name))
    INNER JOIN pg_depend
        ON
            pg_depend.classid = 'pg_rewrite'::regclass
            AND pg_depend.objid = pg_rewrite.oid
            AND pg_depend.refclassid = 'pg_class'::regclass
    INNER JOIN pg_class ON pg_class.oid = pg_depend.refobjid AND pg_class.relnamespace = 'source'::regnamespace
    INNER JOIN pg_attribute ON pg_attribute.attrelid = pg_class.oid AND pg_attribute.attnum = pg_depend.refobjsubid
WHERE
    pg_attribute.attname <> 'created_at'
    OR NOT EXISTS (
        SELECT
        FROM pg_attribute AS given
        WHERE given.attrelid = pg_rewrite.ev_class AND given.atttypid = 'timestamptz'::regtype
    )
