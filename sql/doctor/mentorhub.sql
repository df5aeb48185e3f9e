-- What MentorHub's server and the role in it must be like: each with what mends it. One of the settings
-- is advised only, as analytics works without it.
WITH role AS (
    SELECT
        quote_ident(current_user) AS name,
        rolsuper OR rolreplication AS replicates
    FROM pg_roles
    WHERE rolname = current_user
),

ours AS (
    SELECT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = 'mentorhub_analytics') AS has_slot
),

published AS (
    SELECT
        count(*) AS publications
    FROM pg_publication
    WHERE pubname = 'mentorhub_analytics'
)

SELECT
    'wal_level' AS subject,
    current_setting('wal_level') AS text,
    'ALTER SYSTEM SET wal_level = logical, and restart the server' AS remedy,
    current_setting('wal_level') = 'logical' AS fine,
    true AS needed
UNION ALL
SELECT
    'replication slots',
    format('%s of %s taken', count(*), current_setting('max_replication_slots'))
    || CASE WHEN (SELECT has_slot FROM ours) THEN ', one by us' ELSE '' END,
    format(
        'ALTER SYSTEM SET max_replication_slots = %s, and restart the server',
        current_setting('max_replication_slots')::integer + 10
    ),
    (SELECT has_slot FROM ours) OR count(*) < current_setting('max_replication_slots')::integer,
    true
FROM pg_replication_slots
UNION ALL
SELECT
    'WAL senders',
    format('%s of %s taken', count(*), current_setting('max_wal_senders')),
    format(
        'ALTER SYSTEM SET max_wal_senders = %s, and restart the server',
        current_setting('max_wal_senders')::integer + 10
    ),
    (SELECT has_slot FROM ours) OR count(*) < current_setting('max_wal_senders')::integer,
    true
FROM pg_stat_get_wal_senders()
UNION ALL
SELECT
    'max_slot_wal_keep_size',
    CASE
        WHEN current_setting('max_slot_wal_keep_size') = '-1'
            THEN 'without a bound: an analytics that is away for long fills the disk'
        ELSE current_setting('max_slot_wal_keep_size')
    END,
    'ALTER SYSTEM SET max_slot_wal_keep_size = ''10GB''; SELECT pg_reload_conf()',
    current_setting('max_slot_wal_keep_size') <> '-1',
    false
UNION ALL
SELECT
    'role',
    role.name || CASE WHEN role.replicates THEN ' may replicate' ELSE ' may not replicate' END,
    format('ALTER ROLE %s REPLICATION', role.name),
    role.replicates,
    true
FROM role
UNION ALL
SELECT
    'publication',
    CASE
        WHEN publications > 0 THEN 'is there'
        WHEN has_database_privilege(current_database(), 'CREATE') AND tables.is_own THEN '`analytics init` makes it'
        ELSE 'is missing, and this role may not make it'
    END,
    'analytics init --print-source-sql | psql -v ON_ERROR_STOP=1 "$SUPERUSER"',
    publications > 0 OR (has_database_privilege(current_database(), 'CREATE') AND tables.is_own),
    true
FROM
    published
    CROSS JOIN (
        SELECT coalesce(bool_or(pg_has_role(relowner, 'USAGE')), false) AS is_own
        FROM pg_class
        WHERE relnamespace = to_regnamespace('public') AND relkind IN ('r', 'p')
    ) AS tables
