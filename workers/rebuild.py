"""Rebuild: recount the summaries in slices; the next folds apply the differences."""

import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import structlog
from psycopg import Error, OperationalError
from psycopg.types.json import Jsonb

from shared.database import Connection, one
from shared.errors import ConfigurationError
from shared.money import units
from shared.registry import FAMILIES, STEPS
from shared.settings import Settings
from workers.fold import fold, replicated_until, snapshot, turn, worker_connection
from workers.recounts import UNDER_WAY, hold_recounts, release_recounts

log = structlog.get_logger("analytics")

PATIENCE = 5
"""Seconds to wait for what MentorHub committed before a rebuild was asked for."""

LONGEST_SHIFT = 60.0
"""Seconds after which a worker's process makes place for other tasks."""

LONGEST_WAIT = 60.0
"""Seconds in which others must get on, if we wait for them."""

Progress = Callable[[str, int, int], object]
"""Called with the step at hand, how many are done, and how many there are."""


def no_progress(_step: str, _done: int, _steps: int) -> None:
    """For who does not watch."""


def rebuild(
    settings: Settings,
    metrics: Iterable[str] | None = None,
    *,
    reason: str = "request",
    run_id: str | None = None,
) -> int:
    """Recalculate everything, or what is named; return how many rows were not right.

    `metrics`: steps or families. What others wait for is made along, and alone where there are no
    names. A `run_id` that is done already makes it a no-op. Raises ConfigurationError for an
    unknown name, for what can't be counted, and where others at work take too long.
    """
    named = None if metrics is None else list(metrics)
    with worker_connection(settings) as connection:
        run = run_id
        if named != []:
            asked = {} if named is None else {"metrics": named}
            run = ask(connection, asked, reason=reason, run_id=run_id)
        changed = work(connection, settings)
        error = one(connection, "SELECT error FROM control.run WHERE id = %s", [run])
        if error:
            raise ConfigurationError(f"The rebuild was given up: {error}.")
        return changed


def ask(
    connection: Connection,
    asked: dict[str, Any],
    *,
    reason: str = "request",
    run_id: str | None = None,
    asked_by: str = "a task",
) -> str:
    """Write down what is wanted, unless the run is there; a night only once. Return the run's id.

    `asked`: as in control.run. Raises ConfigurationError for a metric that there is not.
    """
    check_names(connection, asked.get("metrics", ()))
    run = run_id or str(uuid4())
    one(connection, "SELECT control.ask(%s, %s, %s, %s)", [run, Jsonb(asked), reason, asked_by])
    return run


def named(connection: Connection, asked: dict[str, Any]) -> list[str]:
    """The steps that are asked for, in the order they are made; `asked`: as in control.run.

    Raises ConfigurationError for a metric that there is not.
    """
    check_names(connection, asked.get("metrics", ()))
    rows = connection.execute(
        "SELECT step FROM control.asked_for(%s) ORDER BY place", [Jsonb(asked)]
    )
    return [step for (step,) in rows]


def check_names(connection: Connection, names: Iterable[str]) -> None:
    """Raises ConfigurationError for a name that is neither a step's nor a family's."""
    known = connection.execute(
        "SELECT name, shared || family FROM control.step ORDER BY place"
    ).fetchall()
    unknown = set(names).difference(*((name, *families) for name, families in known))
    if unknown:
        raise ConfigurationError(
            f"There is no metric {min(unknown)!r}: "
            f"choose among {', '.join(name for name, _ in known)}."
        )


def work(
    connection: Connection,
    settings: Settings,
    *,
    wait: bool = True,
    call: Callable[[], object] = lambda: None,
) -> int:
    """Make the slices that anybody waits for, and return how many rows were not right.

    Not `wait`: leave what others are at to them, and end after a while. `call`: called where
    somebody else should come to work, too. Raises ConfigurationError where we wait for too long.
    """
    changed, has_called = 0, False
    began = last = time.monotonic()
    while settings_differ(connection, settings) or one(connection, "SELECT control.is_asked()"):
        made = _advance(connection, settings)
        now = time.monotonic()
        if made is not None:
            changed, last = changed + made, now
        elif not wait:
            break
        elif now - last > LONGEST_WAIT:
            raise ConfigurationError(UNDER_WAY)
        else:
            time.sleep(0.05)
        is_over = not wait and now - began > LONGEST_SHIFT
        if is_over or (not has_called and one(connection, "SELECT control.has_more()")):
            has_called = True
            call()
        if is_over:
            break
    return changed


def _advance(connection: Connection, settings: Settings) -> int | None:
    """One slice, or whatever else is next; None where others are at all that there is."""
    if settings_differ(connection, settings):
        return _restate(connection, settings)
    piece = one(connection, "SELECT control.claim()")
    wrong = None if piece is None else _recount(connection, piece)
    is_finished = _finish_counted(connection)
    return wrong or 0 if piece is not None or is_finished else None


def _recount(connection: Connection, piece: int) -> int:
    run, step = _of_slice(connection, piece)
    try:
        with _given_up([run], connection), snapshot(connection):
            wrong = one(connection, "SELECT control.recount(%s)", [piece])
    finally:
        if not connection.broken:
            connection.execute("SELECT control.let_go(%s)", [piece])
    if wrong:
        log.error("Analytics: %d rows of %s were wrong, and are repaired", wrong, step)
    return wrong


def _of_slice(connection: Connection, piece: int) -> tuple[str, str]:
    query = "SELECT run, step FROM control.slice WHERE id = %s"
    return connection.execute(query, [piece]).fetchall()[0]


def _finish_counted(connection: Connection) -> bool:
    """Fold what was found wrong, and then say that it is done."""
    runs = [run for (run,) in connection.execute("SELECT control.counted_runs()")]
    if not runs:
        return False
    with _given_up(runs, connection):
        fold(connection, PATIENCE)
    for run in runs:
        if one(connection, "SELECT control.finish(%s)", [run]):
            _log_finished(connection, run)
    return True


@contextmanager
def _given_up(runs: list[str], connection: Connection) -> Generator[None]:
    """What would fail again ends the runs; a server that went away, or a lock, does not."""
    try:
        yield
    except OperationalError:
        raise
    except Error as failure:
        sentence = str(failure).partition("\n")[0]
        for run in runs:
            one(connection, "SELECT control.finish(%s, %s)", [run, sentence])
        raise


def _log_finished(connection: Connection, run: str) -> None:
    query = (
        "SELECT reason, extract(EPOCH FROM finished_at - started_at), slices, rows_read,"
        " rows_changed FROM control.run_status WHERE id = %s"
    )
    reason, seconds, slices, rows_read, changed = connection.execute(query, [run]).fetchall()[0]
    log.info(
        "Analytics: %s in %.1fs: %d rows read, %d were wrong",
        "the night's refresh" if reason == "nightly" else "rebuilt",
        seconds,
        rows_read,
        changed,
        run=run,
        slices=slices,
    )


def settings_differ(connection: Connection, settings: Settings) -> bool:
    """Whether answers are given with other settings than these."""
    return not one(connection, "SELECT control.reports_in(%s, %s, %s)", reporting(settings))


def reporting(settings: Settings) -> list[str | Jsonb]:
    """What answers are given with, as `control.report_in` takes it."""
    worth = {code: str(unit) for code, unit in units(settings.minor_units).items()}
    return [settings.timezone, settings.currency, Jsonb(worth)]


def _restate(connection: Connection, settings: Settings) -> int | None:
    if not hold_recounts(connection, wait=False):
        return None
    try:
        began = one(connection, "SELECT clock_timestamp()")
        changed = restate(connection, settings, no_progress)
        one(
            connection,
            "SELECT control.note_run('settings', '{}', 'a worker', %s, %s, %s)",
            [list(FAMILIES), began, changed],
        )
    finally:
        if not connection.broken:
            release_recounts(connection)
    return changed


def restate(connection: Connection, settings: Settings, progress: Progress) -> int:
    """Give answers with these settings from now on, and return how many rows were wrong.

    In another time zone than before everything is recalculated in the transaction that says so:
    readers see all of it or nothing. Other settings need no number to be another.
    """
    zone = one(connection, "SELECT timezone FROM analytics.reporting")
    as_of = replicated_until(connection, PATIENCE) if zone != settings.timezone else None
    with turn(connection):
        if not one(connection, "SELECT control.report_in(%s, %s, %s)", reporting(settings)):
            return 0
        changed = 0
        for done, step in enumerate(STEPS):
            progress(step, done, len(STEPS))
            changed += one(connection, "SELECT control.audit(%s, true, true)", [step])
        progress("fold", len(STEPS), len(STEPS))
        one(connection, "SELECT control.fold(%s)", [as_of])
    return changed
