"""What the relay, beat, ops and MentorHub may ask the workers for. Too often is harmless."""

from typing import Any

from shared.errors import ConfigurationError
from shared.registry import FAMILIES
from shared.settings import load
from workers.app import app
from workers.audit import audit_next
from workers.fold import Folder
from workers.rebuild import families_of
from workers.rebuild import rebuild as rebuild_now

_folder = Folder()

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
    """Recalculate the named summaries with all that shares an answer with them, or everything.

    An empty list: only what was asked for and nobody has finished. The task's id is the row of
    control.run. A rebuild under way takes it along, so that no worker stands waiting.
    """
    families = FAMILIES if summaries is None else families_of(summaries)
    rebuild_now(load(), families, run_id=task.request.id, wait=False)


@app.task(bind=True, throws=_EXPECTED)  # pyright: ignore[reportUntypedFunctionDecorator]
def nightly_refresh(task: Any) -> None:
    """Rebuild everything once a day after 3 o'clock in the reporting time zone; else a no-op."""
    rebuild_now(load(), reason="nightly", run_id=task.request.id, wait=False)


@app.task(throws=_EXPECTED)  # pyright: ignore[reportUntypedFunctionDecorator]
def audit() -> None:
    """Compare the part of the summaries that has waited longest with its truth, and repair it."""
    audit_next(load())
