-- All that analytics asks of MentorHub's database: run in it by a role that owns the tables.
-- Column lists keep e-mails, password hashes and every other column at home.
DROP PUBLICATION IF EXISTS mentorhub_analytics;
DO $do$
BEGIN
    EXECUTE (
        SELECT
            format(
                -- a table that is parted there is one here
                'CREATE PUBLICATION mentorhub_analytics FOR TABLE %s WITH (publish_via_partition_root = true)',
                string_agg(format('ONLY public.%s (%s)', quoted_table, names), ', ')
            )
        FROM (
            SELECT
                quoted_table,
                string_agg(quoted, ', ' ORDER BY place) AS names
            FROM (
{offered}
            ) AS offered
            GROUP BY quoted_table
        ) AS listed
    );
END
$do$;
-- It is the tables' owner's: a migration has to drop it, and then make it again.
DO $$
DECLARE
    owners oid[] := array(
        SELECT DISTINCT relowner
        FROM
            pg_publication
            INNER JOIN pg_publication_rel ON prpubid = pg_publication.oid
            INNER JOIN pg_class ON pg_class.oid = prrelid
        WHERE pubname = 'mentorhub_analytics'
    );
BEGIN
    IF cardinality(owners) = 1 AND (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        EXECUTE format('ALTER PUBLICATION mentorhub_analytics OWNER TO %I', pg_get_userbyid(owners[1]));
    END IF;
END
$$;
