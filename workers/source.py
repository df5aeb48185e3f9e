"""MentorHub's side: what must be there, and the one publication and one slot that we ask for.

MentorHub is never queried for a metric; this looks at its catalog only.
"""

from psycopg import errors

from shared import sqlfiles
from shared.database import Connection
from shared.errors import ConfigurationError

Columns = dict[str, dict[str, str]]
"""Table to column to type name; enums and other types that the mirror keeps as text are `text`."""

_KEPT_TYPES = ("bool", "int2", "int4", "int8", "float4", "float8", "numeric", "date")
_KEPT_TIMES = ("timestamp", "timestamptz")

_BY_HAND = "let a DBA of MentorHub run what `analytics init --print-source-sql` prints"


def by_hand() -> str:
    """The SQL that a DBA runs at MentorHub where our role may not."""
    return "".join(sqlfiles.read(f"source/{name}") for name in ("by_hand", "publication", "slot"))


def columns(source: Connection, needed: dict[str, list[str]]) -> Columns:
    """Types of the needed columns as the mirror takes them.

    Raises ConfigurationError naming the first table or column that MentorHub doesn't have.
    """
    rows = source.execute(
        "SELECT relname, attname, coalesce(base.typname, declared.typname) FROM pg_attribute"
        " JOIN pg_class ON pg_class.oid = attrelid JOIN pg_type declared ON declared.oid = atttypid"
        " LEFT JOIN pg_type base ON base.oid = declared.typbasetype"
        " WHERE relnamespace = to_regnamespace('public') AND relkind IN ('r', 'p')"
        " AND attnum > 0 AND NOT attisdropped"
    ).fetchall()
    found = {(table, column): type_name for table, column, type_name in rows}
    tables = {table for table, _ in found}
    for table, names in needed.items():
        if table not in tables:
            raise ConfigurationError(
                f"MentorHub's database has no table public.{table}: "
                "does SOURCE_DATABASE_URL name the right database?"
            )
        for name in names:
            if (table, name) not in found:
                raise ConfigurationError(
                    f"MentorHub's table {table} has no column {name}, which analytics needs."
                )
    kept = _KEPT_TYPES + _KEPT_TIMES
    return {
        table: {name: t if (t := found[table, name]) in kept else "text" for name in names}
        for table, names in needed.items()
    }


def prepare(source: Connection, needed: Columns) -> None:
    """Make the publication and the slot where they are missing; nothing else is ever made there.

    Raises ConfigurationError with the command that mends the first thing in the way.
    """
    _check_wal_level(source)
    _check_role(source, needed)
    _make_publication(source, needed)
    _make_slot(source)


def estimated_rows(source: Connection, needed: Columns) -> dict[str, int]:
    """The planner's row counts by table, for a progress bar; 0 where it has none."""
    return dict(
        source.execute(
            "SELECT relname, greatest(reltuples, 0)::bigint FROM pg_class"
            " WHERE relnamespace = to_regnamespace('public') AND relname = ANY(%s)",
            [list(needed)],
        ).fetchall()
    )


def _check_wal_level(source: Connection) -> None:
    level = _value(source, "SELECT current_setting('wal_level')")
    if level != "logical":
        raise ConfigurationError(
            f"MentorHub's server has wal_level={level}: run "
            "`ALTER SYSTEM SET wal_level = logical` there and restart it."
        )


def _check_role(source: Connection, needed: Columns) -> None:
    role = source.info.user
    if not _value(
        source, "SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user"
    ):
        raise ConfigurationError(
            f"The role {role} may not replicate: run `ALTER ROLE {role} REPLICATION` at MentorHub."
        )
    for table, names in needed.items():
        for name in names:
            if not _value(
                source, "SELECT has_column_privilege(%s, %s, 'SELECT')", f"public.{table}", name
            ):
                raise ConfigurationError(
                    f"The role {role} may not read {table}.{name}: run "
                    f"`GRANT SELECT ({', '.join(names)}) ON public.{table} TO {role}` at MentorHub."
                )


def _make_publication(source: Connection, needed: Columns) -> None:
    published = {
        table: set(names)
        for table, names in source.execute(
            "SELECT tablename::text, attnames::text[] FROM pg_publication_tables"
            " WHERE pubname = 'mentorhub_analytics' AND schemaname = 'public'"
        ).fetchall()
    }
    if published == {table: set(names) for table, names in needed.items()}:
        return
    try:
        with source.transaction():
            source.execute("DROP PUBLICATION IF EXISTS mentorhub_analytics")
            source.execute(sqlfiles.read("source/publication").encode())
    except errors.InsufficientPrivilege as error:
        raise ConfigurationError(
            f"The role {source.info.user} may not publish MentorHub's tables "
            f"({error.diag.message_primary}): {_BY_HAND}."
        ) from None


def _make_slot(source: Connection) -> None:
    slot = source.execute(
        "SELECT active, wal_status, database = current_database() FROM pg_replication_slots"
        " WHERE slot_name = 'mentorhub_analytics'"
    ).fetchone()
    if slot:
        active, wal_status, here = slot
        if active or not here:
            raise ConfigurationError(
                "The replication slot mentorhub_analytics is in use by another analytics system: "
                "stop it, or give this one a MentorHub server of its own."
            )
        if wal_status != "lost":
            return
        source.execute("SELECT pg_drop_replication_slot('mentorhub_analytics')")
    try:
        source.execute(sqlfiles.read("source/slot").encode())
    except errors.ConfigurationLimitExceeded:
        raise ConfigurationError(
            "MentorHub's server has no replication slot left: "
            "raise max_replication_slots there and restart it."
        ) from None


def _value(source: Connection, query: str, *parameters: str) -> object:
    row = source.execute(query.encode(), parameters).fetchone()
    return row[0] if row else None
