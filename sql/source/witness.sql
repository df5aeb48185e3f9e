-- Of each published table whatever must stay the same for replication to bring every change of it:
-- MentorHub's server and its history, the connection that reads our slot (nobody else can move a
-- slot that is read), the publication, and the table itself down to its file, its columns' types and
-- their labels: whoever swaps it, rewrites it or renames a label changes rows and tells nobody.
-- xmin is the last change of a row of the catalog; VACUUM and ANALYZE don't touch it. Empty while
-- nobody reads the slot.
SELECT
    coalesce(
        jsonb_object_agg(
            pg_class.relname,
            md5(
                concat_ws(
                    ' ',
                    reader.identity,
                    publication.oid,
                    publication.xmin,
                    rel.oid,
                    rel.xmin,
                    pg_class.oid,
                    pg_class.xmin,
                    (
                        SELECT string_agg(concat_ws(' ', part.oid, part.xmin, part.relfilenode), ' ' ORDER BY part.oid)
                        FROM pg_class AS part
                        WHERE
                            part.oid = pg_class.oid
                            OR part.oid IN (SELECT relid FROM pg_partition_tree(pg_class.oid))
                    ),
                    (
                        SELECT string_agg(concat_ws(' ', attnum, pg_attribute.xmin, pg_type.oid, pg_type.xmin), ' ' ORDER BY attnum)
                        FROM pg_attribute INNER JOIN pg_type ON pg_type.oid = atttypid
                        WHERE attrelid = pg_class.oid AND attnum = ANY (rel.prattrs::smallint[])
                    ),
                    (
                        -- of a domain, an array or a composite, what is below it
                        WITH RECURSIVE below (type) AS (
                            SELECT atttypid
                            FROM pg_attribute
                            WHERE attrelid = pg_class.oid AND attnum = ANY (rel.prattrs::smallint[])
                            UNION
                            SELECT within.type
                            FROM
                                below
                                INNER JOIN pg_type ON pg_type.oid = below.type
                                CROSS JOIN LATERAL (
                                    SELECT unnest(ARRAY[typbasetype, typelem])
                                    UNION ALL
                                    SELECT atttypid FROM pg_attribute WHERE attrelid = typrelid AND attnum > 0
                                ) AS within (type)
                        )

                        SELECT string_agg(concat_ws(' ', pg_enum.oid, pg_enum.xmin), ' ' ORDER BY pg_enum.oid)
                        FROM below INNER JOIN pg_enum ON enumtypid = below.type
                    )
                )
            )
        ),
        '{}'
    )
FROM
    pg_publication AS publication
    INNER JOIN pg_publication_rel AS rel ON rel.prpubid = publication.oid
    INNER JOIN pg_class ON pg_class.oid = rel.prrelid
    CROSS JOIN (
        SELECT
            concat_ws(
                ' ',
                (SELECT system_identifier FROM pg_control_system()),
                left(pg_walfile_name(pg_current_wal_insert_lsn()), 8),
                pg_postmaster_start_time(),
                slot.active_pid,
                activity.backend_start
            ) AS identity
        FROM
            pg_replication_slots AS slot
            INNER JOIN pg_stat_activity AS activity ON activity.pid = slot.active_pid
        WHERE slot.slot_name = 'mentorhub_analytics' AND slot.database = current_database()
    ) AS reader
WHERE
    publication.pubname = 'mentorhub_analytics'
    AND pg_class.relnamespace = 'public'::regnamespace
    -- rows of tables that inherit from it are read with its own, and not replicated with them
    AND (pg_class.relkind = 'p' OR NOT EXISTS (SELECT FROM pg_inherits WHERE inhparent = pg_class.oid))
