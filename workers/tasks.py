"""What beat, ops and MentorHub may ask the workers for. Calling any of it too often is harmless."""

from uuid import UUID

from shared.registry import FAMILIES
from shared.settings import load
from workers.app import app
from workers.rebuild import families_of
from workers.rebuild import rebuild as rebuild_now


@app.task
def rebuild(
    summaries: list[str] | None = None, run_id: str | None = None, max_age: float = 0
) -> None:
    """Rebuild the named summaries with all that shares an answer with them; everything by default.

    `max_age`: seconds; what is younger is left alone. `run_id`: a row of control.run to report in.
    """
    rebuild_now(
        load(),
        families_of(summaries or FAMILIES),
        reason="schedule" if max_age else "request",
        run_id=UUID(run_id) if run_id else None,
        max_age=max_age,
    )


@app.task
def nightly_refresh() -> None:
    """Rebuild everything once a day after 3 o'clock in the reporting time zone; else a no-op."""
    rebuild_now(load(), reason="nightly")
