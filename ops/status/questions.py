"""What `status` asks, of whom, and how long it waits for the answers."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from shutil import disk_usage
from time import monotonic
from typing import Any

import psycopg
from psycopg.errors import DiskFull, InsufficientPrivilege, LockNotAvailable, QueryCanceled
from psycopg.rows import dict_row

from ops import waiting
from ops.local import lives
from ops.servers import broker_trouble, database
from shared.database import Connection, connect, run
from shared.errors import ConfigurationError, ServerUnavailableError
from shared.home import running_stack
from shared.settings import Settings
from workers import timezone

Status = dict[str, Any]
"""Ready for JSON: moments are RFC 3339 text, durations seconds; None where there was none yet."""

BUDGET = 2.0
"""Seconds for all questions to our database together: a person waits."""

WAL_SEGMENT = 16 << 20
"""Bytes that a server needs to go on writing."""

_OPTIONS = f"-c statement_timeout={BUDGET:g}s -c lock_timeout=1s"
"""Whoever is in the way is not waited for."""

_Asked = list[dict[str, Any]] | list[str]


def _zone(connection: Connection) -> list[dict[str, Any]]:
    """The reporting zone, and where the server has other rules for the days of our answers."""
    return [
        {**row, "difference": timezone.difference(connection, row["timezone"], years=1)}
        for row in rows(connection, "status/reporting")
    ]


def _disk(connection: Connection) -> list[str]:
    """That the server can't write; its own error says so, whatever disk it has, and wherever."""
    try:
        with connection.transaction():
            connection.execute("SET LOCAL work_mem = '64kB'")
            run(connection, "status/disk")
    except DiskFull as error:
        reason = error.diag.message_primary
        return [f"The analytics server's disk is full ({reason}): make room there."]
    return []


QUESTIONS: dict[str, Callable[[Connection], _Asked]] = {
    "disk": _disk,
    "blockers": waiting.blockers,
    "parts": lambda connection: rows(connection, "status/parts"),
    "summaries": lambda connection: rows(connection, "status/summaries"),
    "mirror": lambda connection: rows(connection, "status/mirror"),
    "unusable": lambda connection: rows(connection, "status/unusable"),
    "journals": lambda connection: rows(connection, "status/journals"),
    "snapshots": waiting.snapshots,
    "replication": lambda connection: rows(connection, "status/replication"),
    "zone": _zone,
    "readings": lambda connection: rows(connection, "status/readings"),
}
"""What is asked of the analytics database; each may fail by itself."""

Found = dict[str, list[Any]]
"""Answers, by the names of `QUESTIONS`."""


def full_disk(settings: Settings) -> str:
    """Why a server on this machine is away, where it is that: it ends when it can't write its WAL.

    Beside a server that is not embedded, `analytics up` has noted where that keeps its data.
    """
    noted = (running_stack(settings.home) or {}).get("data_folder")
    folder = Path(noted) if noted else settings.home
    if not (noted or (folder / "postgres").exists()):
        return ""
    try:
        return f"The disk of {folder} is full. " if disk_usage(folder).free < WAL_SEGMENT else ""
    except OSError:
        return ""  # it is gone, or not for our eyes any more


def ask_all(settings: Settings, found: Found) -> tuple[dict[str, str], list[str]]:
    """Put answers into `found`, one by one; return what there was none to, and what is forbidden.

    Raises ServerUnavailableError where the server ends or falls silent; what it said is in `found`.
    """
    unanswered: dict[str, str] = {}
    forbidden: list[str] = []
    deadline = monotonic() + BUDGET
    with database(
        settings, row_factory=dict_row, options=_OPTIONS, patience=BUDGET + 0.5
    ) as connection:
        for name, ask in QUESTIONS.items():
            left = max(1, round(1000 * (deadline - monotonic())))
            connection.execute("SELECT set_config('statement_timeout', %s, false)", [str(left)])
            try:
                found[name] = list(ask(connection))
            except InsufficientPrivilege:
                found[name] = []
                forbidden.append(name)
            except QueryCanceled:
                found[name], unanswered[name] = [], f"no answer within {BUDGET:g} s"
            except LockNotAvailable:
                blockers = waiting.blockers(connection) or ["Somebody has locked our tables."]
                raise ServerUnavailableError(" ".join(blockers)) from None
    return unanswered, forbidden


def seen_at_replica(settings: Settings) -> list[tuple[str, datetime]]:
    """When an API was seen at the replica, by who has the same address as here."""
    if not settings.read_database_url:
        return []
    try:
        with connect(
            settings.read_database_url, options=_OPTIONS, connect_timeout=2, patience=BUDGET
        ) as replica:
            return replica.execute("SELECT host, seen_at FROM analytics.api_seen()").fetchall()
    except (psycopg.Error, ConfigurationError):
        return []


def api_answers(settings: Settings) -> bool | None:
    """None where no stack of this home says where its API is."""
    stack = running_stack(settings.home)
    return lives.api(stack["api_url"], seconds=BUDGET) if stack else None


def broker(settings: Settings) -> dict[str, Any]:
    """`broker` is None where its address is nobody's business here, as in the guard's container."""
    if not settings.redis_url:
        return {"broker": None, "broker_trouble": None}
    trouble = broker_trouble(settings)
    return {"broker": trouble is None, "broker_trouble": trouble}


def rows(connection: Connection, query: str) -> list[dict[str, Any]]:
    rows = run(connection, query).fetchall()
    return [{name: _for_json(value) for name, value in row.items()} for row in rows]


def _for_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
