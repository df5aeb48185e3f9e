"""Our side: narrow copies of MentorHub's tables, filled by PostgreSQL's logical replication."""

import hashlib
import json
import time
from collections.abc import Callable
from datetime import datetime

from psycopg import errors, sql
from psycopg.conninfo import make_conninfo

from shared import sqlfiles
from shared.database import Connection
from shared.errors import ConfigurationError
from workers import source as mentorhub
from workers.definitions import MIRRORED
from workers.source import Columns

PATIENCE = 60
"""Seconds without any progress after which waiting for replication is given up."""

Progress = Callable[[int, int], object]
"""Called with the rows copied so far and how many there are, both about."""


def prepare(ours: Connection, source: Connection, source_url: str) -> None:
    """Mirror tables, publication, slot and subscription, made where they are missing.

    Interrupted, it goes on where it was; a mirror that no longer fits MentorHub's columns is made
    anew. Raises ConfigurationError with the command that mends what is in the way.
    """
    if not _columns(ours):
        _make_tables(ours)
    needed = mentorhub.columns(source, _columns(ours))
    layout = hashlib.sha256(
        json.dumps([sqlfiles.read("install/mirror"), needed]).encode()
    ).hexdigest()
    conninfo = make_conninfo(source_url, options="-c wal_sender_timeout=2s")
    subscribed = _subscribed_layout(ours)
    if subscribed == layout:
        _reconnect(ours, conninfo)
        return
    if subscribed is not None:
        ours.execute("DROP SUBSCRIPTION mentorhub_analytics")
    with ours.transaction():
        _make_tables(ours)
        _adapt_types(ours, needed)
    mentorhub.prepare(source, needed)
    _subscribe(ours, conninfo, layout)


def wait_for_first_copy(ours: Connection, source: Connection, progress: Progress) -> None:
    """Return once every table is copied and replicating; it goes on when we are interrupted.

    Raises ConfigurationError when it can't succeed.
    """
    estimates = mentorhub.estimated_rows(source, {table: {} for table in _columns(ours)})
    total = sum(estimates.values())
    errors_before, last, deadline = _sync_errors(ours), -1, time.monotonic() + PATIENCE
    while True:
        waiting = _copying(ours)
        done = total - sum(
            max(estimates.get(table, 0) - copied, 0) for table, copied in waiting.items()
        )
        progress(done, total)
        if not waiting:
            return
        if _sync_errors(ours) > errors_before:
            raise ConfigurationError(
                "The first synchronisation fails; the analytics server's log says why. "
                "Mend it and run `analytics init` again: it goes on where it was."
            )
        if done != last:
            last, deadline = done, time.monotonic() + PATIENCE
        elif time.monotonic() > deadline:
            raise ConfigurationError(
                f"The first synchronisation has not moved for {PATIENCE} s: are there "
                "enough max_logical_replication_workers on the analytics server?"
            )
        time.sleep(0.1)


def wait_until_caught_up(ours: Connection, source: Connection) -> datetime:
    """Return once everything that MentorHub committed before the call has arrived.

    The result is MentorHub's clock at the call. Raises ConfigurationError when it takes too long.
    """
    as_of, target = _now_and_position(source)
    deadline = time.monotonic() + PATIENCE
    while not _has_applied(ours, target):
        if time.monotonic() > deadline:
            raise ConfigurationError(
                f"Replication has not caught up within {PATIENCE} s: "
                "the analytics server's log says why."
            )
        time.sleep(0.05)
    return as_of


def _now_and_position(source: Connection) -> tuple[datetime, str]:
    row = source.execute("SELECT now(), pg_current_wal_flush_lsn()::text").fetchone()
    if row is None:
        raise AssertionError
    return row[0], row[1]


def _make_tables(ours: Connection) -> None:
    """Drop the mirror with everything derived from it, and make it empty."""
    for table in MIRRORED:
        ours.execute(
            sql.SQL("DROP TABLE IF EXISTS public.{} CASCADE").format(sql.Identifier(table))
        )
    ours.execute("DROP SCHEMA IF EXISTS control CASCADE")
    ours.execute(sqlfiles.read("install/mirror").encode())


def _columns(ours: Connection) -> dict[str, list[str]]:
    """The mirror's columns by table; empty where there is no mirror yet.

    Raises ConfigurationError when the tables are somebody else's: never drop those.
    """
    columns: dict[str, list[str]] = dict(
        ours.execute(
            "SELECT relname::text, array_agg(attname::text ORDER BY attnum)"
            " FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
            " WHERE relnamespace = to_regnamespace('public') AND relname = ANY(%s)"
            " AND attnum > 0 AND NOT attisdropped GROUP BY relname",
            [list(MIRRORED)],
        ).fetchall()
    )
    for table, names in columns.items():
        if "w" not in names:
            raise ConfigurationError(
                f"ANALYTICS_DATABASE_URL names a database with a table {table} that is not ours: "
                "give analytics an empty database of its own."
            )
        names.remove("w")
    return columns


def _adapt_types(ours: Connection, needed: Columns) -> None:
    """Take over what the columns are at this MentorHub: created_at may be epoch seconds."""
    for table, types in needed.items():
        for column, type_name in types.items():
            ours.execute(
                sql.SQL("ALTER TABLE public.{} ALTER COLUMN {} TYPE {} USING NULL").format(
                    sql.Identifier(table), sql.Identifier(column), sql.Identifier(type_name)
                )
            )


def _subscribed_layout(ours: Connection) -> str | None:
    """Which columns the subscription was made for; None where there is no subscription."""
    row = ours.execute(
        "SELECT coalesce(obj_description(oid, 'pg_subscription'), '') FROM pg_subscription"
        " WHERE subname = 'mentorhub_analytics'"
        " AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
    ).fetchone()
    return row[0] if row else None


def _subscribe(ours: Connection, conninfo: str, layout: str) -> None:
    try:
        with ours.transaction():
            # The slot is there already: in one server, making it here would wait for itself.
            ours.execute(
                sql.SQL(
                    "CREATE SUBSCRIPTION mentorhub_analytics CONNECTION {}"
                    " PUBLICATION mentorhub_analytics WITH (create_slot = false)"
                ).format(sql.Literal(conninfo))
            )
            ours.execute(
                sql.SQL("COMMENT ON SUBSCRIPTION mentorhub_analytics IS {}").format(
                    sql.Literal(layout)
                )
            )
    except errors.InsufficientPrivilege:
        role = ours.info.user
        raise ConfigurationError(
            f"The role {role} may not subscribe: run `GRANT pg_create_subscription TO {role}` "
            f"(PostgreSQL 15: `ALTER ROLE {role} SUPERUSER`) in the analytics server."
        ) from None
    except errors.OperationalError as error:
        raise ConfigurationError(
            "The analytics server can't connect to MentorHub's by SOURCE_DATABASE_URL: "
            f"{' '.join(str(error).split())}"
        ) from None


def _reconnect(ours: Connection, conninfo: str) -> None:
    """MentorHub's address or password may be another than at the last start."""
    with ours.transaction():
        ours.execute("ALTER SUBSCRIPTION mentorhub_analytics DISABLE")
        ours.execute(
            sql.SQL("ALTER SUBSCRIPTION mentorhub_analytics CONNECTION {}").format(
                sql.Literal(conninfo)
            )
        )
        ours.execute("ALTER SUBSCRIPTION mentorhub_analytics ENABLE")


def _copying(ours: Connection) -> dict[str, int]:
    """Tables whose first copy isn't done, and the rows copied of each."""
    return dict(
        ours.execute(
            "SELECT relname::text, coalesce(tuples_processed, 0) FROM pg_subscription_rel"
            " JOIN pg_class ON pg_class.oid = srrelid"
            " LEFT JOIN pg_stat_progress_copy ON relid = srrelid AND datname = current_database()"
            " WHERE srsubstate <> 'r'"
        ).fetchall()
    )


def _sync_errors(ours: Connection) -> int:
    row = ours.execute(
        "SELECT sync_error_count FROM pg_stat_subscription_stats"
        " WHERE subname = 'mentorhub_analytics'"
    ).fetchone()
    return row[0] if row else 0


def _has_applied(ours: Connection, position: str) -> bool:
    row = ours.execute(
        "SELECT bool_or(latest_end_lsn >= %s::pg_lsn) FROM pg_stat_subscription"
        " WHERE subname = 'mentorhub_analytics' AND relid IS NULL",
        [position],
    ).fetchone()
    return bool(row and row[0])
