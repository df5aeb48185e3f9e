"""What beat, ops and MentorHub may ask the workers for. Calling any of it too often is harmless."""

from typing import Any

from shared.errors import ConfigurationError
from shared.registry import FAMILIES
from shared.settings import load
from workers.app import app
from workers.rebuild import families_of
from workers.rebuild import rebuild as rebuild_now


# `throws`: a sentence for people needs no traceback in the log
@app.task(bind=True, throws=(ConfigurationError,))  # pyright: ignore[reportUntypedFunctionDecorator]
def rebuild(task: Any, summaries: list[str] | None = None, max_age: float = 0) -> None:
    """Rebuild the named summaries with all that shares an answer with them; everything by default.

    `max_age`: seconds; what is younger is left alone. The task's id is the row of control.run.
    """
    rebuild_now(
        load(),
        families_of(summaries or FAMILIES),
        reason="schedule" if max_age else "request",
        run_id=task.request.id,
        max_age=max_age,
    )


@app.task(bind=True, throws=(ConfigurationError,))  # pyright: ignore[reportUntypedFunctionDecorator]
def nightly_refresh(task: Any) -> None:
    """Rebuild everything once a day after 3 o'clock in the reporting time zone; else a no-op."""
    rebuild_now(load(), reason="nightly", run_id=task.request.id)
