-- What the connected role may do in the analytics server; has_dblink is NULL where it can't be had.
SELECT
    quote_ident(current_user) AS role,
    quote_ident(current_database()) AS database,
    pg_has_role(pg_database.datdba, 'USAGE') AS owns,
    pg_roles.rolcreaterole OR pg_roles.rolsuper AS makes_roles,
    pg_roles.rolsuper AS is_superuser,
    CASE WHEN dblink.name IS NOT NULL THEN dblink.installed_version IS NOT NULL OR pg_roles.rolsuper END AS has_dblink
FROM
    pg_database
    CROSS JOIN pg_roles
    LEFT JOIN pg_available_extensions AS dblink ON dblink.name = 'dblink'
WHERE pg_database.datname = current_database() AND pg_roles.rolname = current_user
