-- Whether a definition names the weight of any of the rows that it reads.
SELECT EXISTS (
    SELECT
    FROM
        pg_rewrite
        INNER JOIN pg_depend ON pg_depend.classid = 'pg_rewrite'::regclass AND pg_depend.objid = pg_rewrite.oid
        INNER JOIN pg_attribute
            ON
                pg_depend.refclassid = 'pg_class'::regclass
                AND pg_attribute.attrelid = pg_depend.refobjid
                AND pg_attribute.attnum = pg_depend.refobjsubid
    WHERE pg_rewrite.ev_class = format('truth.%%I', %s::text)::regclass AND pg_attribute.attname = 'w'
)
