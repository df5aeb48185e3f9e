-- Whether anybody reads what is in these schemas.
SELECT
    EXISTS (
        SELECT
        FROM
            pg_locks
            INNER JOIN pg_class ON pg_class.oid = pg_locks.relation
            INNER JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
        WHERE
            pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND pg_locks.pid <> pg_backend_pid()
            AND pg_namespace.nspname = ANY (%s)
    )
