"""Rebuild: recount the summaries in one snapshot; the next fold applies the differences."""

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from time import perf_counter
from uuid import uuid4

import structlog
from psycopg.errors import LockNotAvailable
from psycopg.types.json import Jsonb

from shared.database import Connection
from shared.errors import ConfigurationError
from shared.money import units
from shared.registry import FAMILIES, STEPS, SUMMARIES
from shared.settings import Settings
from workers.fold import fold, one, replicated_until, snapshot, turn, worker_connection

log = structlog.get_logger("analytics")

PATIENCE = 5
"""Seconds to wait for what MentorHub committed before a rebuild was asked for."""

Progress = Callable[[str, int, int], object]
"""Called with the step at hand, how many are done, and how many there are."""


def no_progress(_step: str, _done: int, _steps: int) -> None:
    """For who does not watch."""


_LOCK = "hashtext('mentorhub_analytics rebuild')"


def rebuild(
    settings: Settings,
    families: Iterable[str] = tuple(FAMILIES),
    *,
    reason: str = "request",
    run_id: str | None = None,
    wait: bool = True,
) -> int:
    """Recalculate the answers named by `families` and return how many rows were not right.

    A `run_id` that is done already makes a task delivered twice a no-op. What others asked for and
    nobody has finished is done along: a request outlives its worker and its message. Settings other
    than the stored ones ask for everything: old and new are never mixed.
    With `wait` false it only writes down what is asked for where a rebuild is under way, which
    does that, too.
    """
    with worker_connection(settings) as connection, worker_connection(settings) as diary:
        record = _Record(diary, run_id or str(uuid4()))
        record.take()
        if settings_differ(connection, settings):
            families, reason = FAMILIES, "settings"
        record.ask(list(families), reason)
        changed = 0
        # Look again after the lock is let go: a request that was written down while we held it
        # found it taken, and its worker returned.
        while record.is_asked() and has_turn(connection, wait=wait):
            try:
                changed += _rebuild(connection, settings, record)
            finally:
                connection.execute(f"SELECT pg_advisory_unlock({_LOCK})".encode())
        return changed


def _rebuild(connection: Connection, settings: Settings, record: "_Record") -> int:
    families = record.begin()
    if not families:
        record.end(None)
        return 0
    with _written_down(record, families):
        record.changed = recalculate(connection, settings, families, record.progress)
    return record.changed


def families_of(names: Iterable[str]) -> list[str]:
    """The families of the named summaries (or families): what shares an answer is rebuilt together.

    Raises KeyError for a name that is neither.
    """
    return sorted({name if name in FAMILIES else SUMMARIES[name].name for name in names})


def has_turn(connection: Connection, *, wait: bool = True) -> bool:
    """One rebuild or audit at a time, or the same drift would be corrected twice.

    False where somebody else is at it and we do not `wait`. The lock is the session's. Raises
    ConfigurationError where that takes too long.
    """
    verb = "pg_advisory_lock" if wait else "pg_try_advisory_lock"
    try:
        return one(connection, f"SELECT {verb}({_LOCK})") is not False
    except LockNotAvailable:
        raise ConfigurationError(
            "A rebuild or audit is still under way: try again when it is done."
        ) from None


def settings_differ(connection: Connection, settings: Settings) -> bool:
    """Whether answers are given with other settings than these."""
    return not one(connection, "SELECT control.reports_in(%s, %s, %s)", reporting(settings))


def reporting(settings: Settings) -> list[str | Jsonb]:
    """What answers are given with, as `control.report_in` takes it."""
    worth = {code: str(unit) for code, unit in units(settings.minor_units).items()}
    return [settings.timezone, settings.currency, Jsonb(worth)]


def recalculate(
    connection: Connection, settings: Settings, families: Iterable[str], progress: Progress
) -> int:
    """Find what is wrong while others fold, then fold; return how many rows were wrong.

    In another time zone than before: everything, and all of it in the transaction that states the
    settings. Readers see all of it or nothing. Other settings need no number to be another.
    """
    wanted = set(families)
    if settings_differ(connection, settings):
        zone = one(connection, "SELECT timezone FROM analytics.reporting")
        as_of = replicated_until(connection, PATIENCE) if zone != settings.timezone else None
        with turn(connection):
            if one(connection, "SELECT control.report_in(%s, %s, %s)", reporting(settings)):
                changed = _correct(connection, list(STEPS), progress)
                one(connection, "SELECT control.fold(%s)", [as_of])
                return changed
    with snapshot(connection):
        steps = [step for step, family in STEPS.items() if family.name in wanted]
        changed = _correct(connection, steps, progress)
    fold(connection, PATIENCE)
    return changed


def _correct(connection: Connection, steps: list[str], progress: Progress) -> int:
    changed = 0
    for done, step in enumerate(steps):
        progress(step, done, len(steps))
        changed += one(connection, "SELECT control.audit(%s, true, true)", [step])
    progress("fold", len(steps), len(steps))
    return changed


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

    def ask(self, families: list[str], reason: str) -> None:
        """Write down what is wanted, unless it is done already; a night only once."""
        if not families:
            return
        with self._diary.transaction():
            # two beats may send the night at the same moment; a lock is taken without a snapshot
            self._diary.execute("LOCK TABLE control.run IN SHARE ROW EXCLUSIVE MODE")
            if reason == "nightly" and not self._is_night():
                return
            self._diary.execute(
                "INSERT INTO control.run (id, families, reason) VALUES (%s, %s, %s)"
                " ON CONFLICT (id) DO UPDATE"
                " SET families = excluded.families, reason = excluded.reason"
                " WHERE run.finished_at IS NULL",
                [self._id, families, reason],
            )

    def _is_night(self) -> bool:
        return one(self._diary, "SELECT control.nightly_is_due()")

    def is_asked(self) -> bool:
        """Whether anybody waits for a rebuild that nobody has finished."""
        return one(self._diary, "SELECT EXISTS (SELECT FROM control.run WHERE finished_at IS NULL)")

    def begin(self) -> list[str]:
        """Return what is to be rebuilt: the families of all unfinished rows."""
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
def _written_down(record: _Record, families: list[str]) -> Generator[None]:
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
        rows_changed=record.changed,
    )
