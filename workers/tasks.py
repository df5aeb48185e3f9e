"""What the relay, beat, ops and MentorHub may ask the workers for. Too often is harmless."""

from time import perf_counter
from typing import Any

import structlog
from celery.signals import task_postrun, task_prerun
from kombu.exceptions import OperationalError as BrokerError

from shared.errors import ConfigurationError
from shared.settings import load
from workers.alerts import LONGEST, tell_all
from workers.app import app
from workers.audit import audit_next
from workers.fold import Folder, worker_connection
from workers.points import write_points
from workers.rebuild import ask, work
from workers.series import keep_series
from workers.tally import tally

log = structlog.get_logger("analytics")

_folder = Folder()
_begun: dict[str, float] = {}
"""By a task's id: when it began."""


@task_prerun.connect
def _begin(task_id: str, task: Any, **_: Any) -> None:
    """What is logged meanwhile bears the id of the wake-up or request that began it all."""
    structlog.contextvars.bind_contextvars(correlation=task.request.root_id or task_id)
    _begun[task_id] = perf_counter()


@task_postrun.connect
def _end(task_id: str, task: Any, state: str | None = None, **_: Any) -> None:
    seconds = perf_counter() - _begun.pop(task_id, perf_counter())
    name = task.name.rpartition(".")[2]
    tally.note(f"task {name}", seconds, failed=state == "FAILURE")
    _folder.write_down()
    structlog.contextvars.unbind_contextvars("correlation")


# `throws`: a sentence for people needs no traceback in the log
_EXPECTED = (ConfigurationError,)


@app.task(throws=_EXPECTED)  # pyright: ignore[reportUntypedFunctionDecorator]
def refresh() -> None:
    """Fold whatever is pending into the rows that it changes; with nothing pending, as-of moves."""
    _folder.fold(load())


@app.task(throws=_EXPECTED)  # pyright: ignore[reportUntypedFunctionDecorator]
def session_changed() -> None:
    """A mentoring session came, changed or went: `refresh`."""
    _folder.fold(load())


@app.task(throws=_EXPECTED)  # pyright: ignore[reportUntypedFunctionDecorator]
def course_changed() -> None:
    """A course, an enrolment, a lesson's progress or a review: `refresh`."""
    _folder.fold(load())


@app.task(throws=_EXPECTED)  # pyright: ignore[reportUntypedFunctionDecorator]
def payment_changed() -> None:
    """A payment came, changed or went: `refresh`."""
    _folder.fold(load())


@app.task(throws=_EXPECTED)  # pyright: ignore[reportUntypedFunctionDecorator]
def user_changed() -> None:
    """An account came, changed or went: `refresh`."""
    _folder.fold(load())


@app.task(bind=True, throws=_EXPECTED)  # pyright: ignore[reportUntypedFunctionDecorator]
def rebuild(task: Any, summaries: list[str] | None = None) -> None:
    """Recalculate the named summaries (or families), or everything.

    An empty list: only what was asked for and nobody has finished. The task's id is the row of
    control.run. Others who are at work are not waited for: they do what is asked for along.
    """
    settings = load()
    with worker_connection(settings) as connection:
        if summaries is None or summaries:
            asked = {} if summaries is None else {"metrics": summaries}
            ask(connection, asked, run_id=task.request.id)
        work(connection, settings, wait=False, call=_call)


@app.task(bind=True, throws=_EXPECTED)  # pyright: ignore[reportUntypedFunctionDecorator]
def nightly_refresh(task: Any) -> None:
    """Rebuild everything once a day after 3 o'clock in the reporting time zone; else a no-op.

    What is kept by the hour and minute loses its oldest day soon after midnight.
    """
    settings = load()
    with worker_connection(settings) as connection:
        keep_series(connection, settings)
        ask(connection, {}, reason="nightly", run_id=task.request.id, asked_by="beat")
        work(connection, settings, wait=False, call=_call)


@app.task(throws=_EXPECTED)  # pyright: ignore[reportUntypedFunctionDecorator]
def audit() -> None:
    """Compare the part of the summaries that has waited longest with its truth, and repair it."""
    audit_next(load())


@app.task(throws=_EXPECTED, soft_time_limit=LONGEST, time_limit=2 * LONGEST)  # pyright: ignore[reportUntypedFunctionDecorator]
def tell() -> None:
    """Tell webhooks of the alerts that fired; one that takes too long is tried again later."""
    settings = load()
    if _folder.ask(settings, "SELECT control.is_delivery_due()"):
        tell_all(settings)


@app.task(throws=_EXPECTED, soft_time_limit=LONGEST, time_limit=2 * LONGEST)  # pyright: ignore[reportUntypedFunctionDecorator]
def points() -> None:
    """Write on to a time-series database, where a setting names one, what changed in the series."""
    settings = load()
    if settings.line_protocol_url or _folder.ask(settings, "SELECT control.has_written_on()"):
        write_points(settings)


def _call() -> None:
    """One more process to a rebuild's slices; without Redis beat does so later."""
    try:
        app.send_task("workers.tasks.rebuild", kwargs={"summaries": []}, retry=False)
    except BrokerError as error:
        log.warning("Analytics: Redis does not answer: %s", " ".join(str(error).split()))
