"""Rebuild: make summaries equal to their truth, in one snapshot, without a reader noticing."""

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from datetime import datetime
from time import perf_counter
from typing import Any
from uuid import uuid4

import structlog
from psycopg import IsolationLevel

from shared.database import Connection, connect
from shared.registry import FAMILIES, SUMMARIES
from shared.settings import Settings

log = structlog.get_logger("analytics")

Progress = Callable[[str, int, int], object]
"""Called with the step at hand, how many are done, and how many there are."""


def rebuild(
    settings: Settings,
    families: Iterable[str] = tuple(FAMILIES),
    *,
    reason: str = "request",
    run_id: str | None = None,
    max_age: float = 0,
) -> int:
    """Recalculate the answers named by `families` and return how many summary rows changed.

    `max_age`: seconds; families with a younger answer are left out. That, and a `run_id` that is
    done already, makes a task delivered twice a no-op. What others asked for and nobody has
    finished is done along: a request outlives its worker and its message. Settings other than the
    stored ones ask for everything: old and new are never mixed.
    """
    # A worker that was killed must not leave its lock to a query that nobody waits for.
    options = "-c role=analytics_worker -c client_connection_check_interval=2s"
    url = settings.analytics_url()
    with connect(url, options=options) as connection, connect(url, options=options) as diary:
        record = _Record(diary, run_id or str(uuid4()))
        record.take()
        wait_for_others(connection)
        if settings_differ(connection, settings):
            due, reason = list(FAMILIES), "settings"
        else:
            due = _due(connection, families, reason, max_age)
        chosen = record.begin(due, reason)
        if not chosen:
            return 0
        with _written_down(record, chosen, reason):
            as_of = replicated_until(connection)
            connection.isolation_level = IsolationLevel.REPEATABLE_READ
            with connection.transaction():
                record.changed = recalculate(connection, settings, chosen, as_of, record.progress)
        return record.changed


def families_of(names: Iterable[str]) -> list[str]:
    """The families of the named summaries (or families): what shares an answer is rebuilt together.

    Raises KeyError for a name that is neither.
    """
    return sorted({name if name in FAMILIES else SUMMARIES[name].name for name in names})


def wait_for_others(connection: Connection) -> None:
    """One rebuild at a time. A lock of the session: the snapshot must be taken after the wait."""
    connection.execute("SELECT pg_advisory_lock(hashtext('mentorhub_analytics rebuild'))")


def settings_differ(connection: Connection, settings: Settings) -> bool:
    """Whether the stored numbers were calculated with other settings than these."""
    return not _one(
        connection,
        "SELECT (timezone, currency, minor_units) = (%s, %s, %s) FROM analytics.reporting",
        [settings.timezone, settings.currency, settings.minor_units],
    )


def replicated_until(connection: Connection) -> datetime | None:
    """Ask before the snapshot is taken, so that the snapshot holds all that this speaks of."""
    return _one(connection, "SELECT control.replicated_until()")


def recalculate(
    connection: Connection,
    settings: Settings,
    families: Iterable[str],
    as_of: datetime | None,
    progress: Progress,
) -> int:
    """Recalculate in the caller's REPEATABLE READ transaction; readers see all of it or nothing.

    All families where the stored numbers were calculated with other settings.
    """
    restated = _one(
        connection,
        "SELECT control.report_in(%s, %s, %s)",
        [settings.timezone, settings.currency, settings.minor_units],
    )
    chosen = [FAMILIES[name] for name in (FAMILIES if restated else families)]
    steps = sum(len(family.steps) for family in chosen)
    done = total = 0
    for family in chosen:
        changed = 0
        for step in family.steps:
            progress(step, done, steps)
            verb = "refresh" if step in family.views else "rebuild"
            changed += _one(connection, _VERBS[verb], [step])
            done += 1
        connection.execute(
            "SELECT control.publish(%s, %s, %s)", [family.name, as_of, restated or changed > 0]
        )
        total += changed
    progress("commit", done, steps)
    return total


_VERBS = {"rebuild": "SELECT control.rebuild(%s)", "refresh": "SELECT control.refresh(%s)"}


def _due(connection: Connection, families: Iterable[str], reason: str, max_age: float) -> list[str]:
    if reason == "nightly":
        return list(families) if _one(connection, "SELECT control.nightly_is_due()") else []
    if not max_age:
        return list(families)
    old = connection.execute(
        "SELECT family FROM analytics.freshness"
        " WHERE as_of IS NULL OR as_of <= now() - make_interval(secs => %s)",
        [max_age],
    ).fetchall()
    # While replication is down a rebuild could not make any answer younger.
    if not old or replicated_until(connection) is None:
        return []
    return [name for name in families if (name,) in old]


class _Record:
    """The rows of control.run that a rebuild finishes: its own, and those nobody finished.

    Kept in a connection of its own: they outlive a rollback.
    """

    changed = 0

    def __init__(self, diary: Connection, run_id: str) -> None:
        self._diary, self._id = diary, run_id
        self._finishes: list[str] = []

    def take(self) -> None:
        """Tell whoever asked that a worker is at it, though it may have to wait for others."""
        self._diary.execute(
            "UPDATE control.run SET started_at = clock_timestamp()"
            " WHERE id = %s AND finished_at IS NULL",
            [self._id],
        )

    def begin(self, families: list[str], reason: str) -> list[str]:
        """Return what is to be rebuilt: the given families and those of unfinished rows."""
        if families:
            self._diary.execute(
                "INSERT INTO control.run (id, families, reason) VALUES (%s, %s, %s)"
                " ON CONFLICT (id) DO UPDATE"
                " SET families = excluded.families, reason = excluded.reason"
                " WHERE run.finished_at IS NULL",
                [self._id, families, reason],
            )
        rows = self._diary.execute(
            "UPDATE control.run SET started_at = clock_timestamp()"
            " WHERE finished_at IS NULL RETURNING id, families"
        ).fetchall()
        self._finishes = [run_id for run_id, _ in rows]
        wanted = {name for _, names in rows for name in names}
        return [name for name in FAMILIES if name in wanted]

    def progress(self, step: str, done: int, steps: int) -> None:
        self._diary.execute(
            "UPDATE control.run SET step = %s, steps_done = %s, steps = %s WHERE id = ANY(%s)",
            [step, done, steps, self._finishes],
        )

    def end(self, error: str | None) -> None:
        self._diary.execute(
            "UPDATE control.run SET finished_at = clock_timestamp(), rows_changed = %s, error = %s"
            " WHERE id = ANY(%s)",
            [self.changed, error, self._finishes],
        )
        self._diary.execute("SELECT control.forget_old_runs()")


@contextmanager
def _written_down(record: _Record, families: list[str], reason: str) -> Generator[None]:
    """Keep the record that `analytics status` and progress bars read, and a line in the log."""
    started = perf_counter()
    try:
        yield
    except Exception as failure:
        record.end(str(failure).partition("\n")[0])
        raise
    record.end(None)
    log.info(
        "Analytics: %s rebuilt in %dms",
        ", ".join(families),
        1000 * (perf_counter() - started),
        reason=reason,
        rows_changed=record.changed,
    )


def _one(connection: Connection, query: str, parameters: list[Any] | None = None) -> Any:
    row = connection.execute(query, parameters).fetchone()  # pyright: ignore[reportArgumentType]
    return row[0] if row else None
