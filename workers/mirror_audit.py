"""Does the mirror hold what MentorHub holds? Compared in ranges, at MentorHub's small expense."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import structlog
from psycopg import Error, OperationalError
from psycopg.errors import InsufficientPrivilege, UndefinedColumn, UndefinedTable

from shared.database import Connection, one
from shared.errors import ServerUnavailableError
from workers.mirrored import MIRRORED

_NEVER = datetime.min.replace(tzinfo=UTC)

_LINE = "dblink connection"
"""In the context of what MentorHub's server refused, and not ours."""

log = structlog.get_logger("analytics")


class Difference(NamedTuple):
    """`what`: missing here, not there, or differs."""

    table: str
    id: int
    what: str


def audit_mirror(
    connection: Connection, tables: Sequence[str] | None = None, *, everything: bool, repair: bool
) -> list[Difference]:
    """Return the rows that differ and not only because a change is under way.

    `connection`: a worker's, in autocommit. `everything`: or only the next range of each table.
    `tables`: all by default. With `repair` these rows are made MentorHub's, and captured as its
    changes are. Empty where nothing is replicated. Raises ServerUnavailableError.
    """
    if not one(connection, "SELECT control.is_replicated()"):
        return []
    try:
        found = [
            difference
            for table in tables or _received(connection)
            for difference in _audit_table(connection, table, everything=everything, repair=repair)
        ]
    except (InsufficientPrivilege, UndefinedTable, UndefinedColumn) as error:
        if _LINE not in (error.diag.context or ""):
            raise
        raise ServerUnavailableError(
            f"The mirror can't be compared now: MentorHub's server says {_quoted(error)}; "
            "`analytics status` says what to do."
        ) from None
    except OperationalError:
        if connection.broken:
            raise
        raise ServerUnavailableError(
            "The mirror can't be compared now: MentorHub's server does not answer, or replication "
            "is behind or down."
        ) from None
    if found:
        repaired = ", and are repaired" if repair else ""
        log.error("Analytics: %d rows of the mirror differ%s", len(found), repaired)
    return found


def audit_next_range(connection: Connection) -> list[Difference]:
    """Compare and mend a range of the table that has waited longest: MentorHub hardly notices."""
    audited = dict(connection.execute("SELECT mirrored, audited_at FROM control.mirror_audit"))
    waited_longest = min(_received(connection), key=lambda table: audited.get(table) or _NEVER)
    return audit_mirror(connection, [waited_longest], everything=False, repair=True)


def _received(connection: Connection) -> list[str]:
    rows = connection.execute("SELECT mirrored FROM analytics.missing_column WHERE name = 'id'")
    missing = {table for (table,) in rows}
    return [table for table in MIRRORED if table not in missing]


def _audit_table(
    connection: Connection, table: str, *, everything: bool, repair: bool
) -> list[Difference]:
    lower = None if everything else _next_id(connection, table)
    found: list[Difference] = []
    while True:
        query = "SELECT next_id, wrong FROM control.audit_mirror(%s, %s, %s)"
        lower, wrong = connection.execute(query, [table, lower, repair]).fetchall()[0]
        found += [Difference(table, entry["id"], _what(entry)) for entry in wrong]
        if lower is None or not everything:
            return found


def _what(sums: dict[str, str | None]) -> str:
    if sums["here"] is None:
        return "missing here"
    return "differs" if sums["there"] else "not there"


def _quoted(error: Error) -> str:
    return f'"{error.diag.message_primary}"'


def _next_id(connection: Connection, table: str) -> int | None:
    query = "SELECT next_id FROM control.mirror_audit WHERE mirrored = %s"
    return one(connection, query, [table])
