"""Audit: truth = summary + pending, row for row, or what is wrong is said and repaired."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import structlog

from shared.database import one
from shared.registry import STEPS
from shared.settings import Settings
from workers.fold import fold, snapshot, worker_connection
from workers.mirror_audit import audit_next_range
from workers.rebuild import Progress, no_progress
from workers.recounts import hold_recounts, release_recounts

log = structlog.get_logger("analytics")


class Wrong(NamedTuple):
    """A row that is not what its definition says: its key, and what its sums lack."""

    summary: str
    row: dict[str, Any]


class Audited(NamedTuple):
    """`wrong`: how many rows; `rows`: the first thousand of each summary."""

    wrong: int
    rows: list[Wrong]


def audit(
    settings: Settings,
    steps: Sequence[str] = tuple(STEPS),
    *,
    repair: bool,
    rolling: bool = False,
    progress: Progress = no_progress,
) -> Audited:
    """Compare in one snapshot, while others fold; with `repair`, fold what was found missing.

    `rolling`: only the next part of a large summary, and nothing while another audit or a rebuild
    is under way.
    """
    with worker_connection(settings) as connection:
        if not hold_recounts(connection, wait=not rolling):
            return Audited(0, [])
        with snapshot(connection):
            began = one(connection, "SELECT clock_timestamp()")
            wrong = 0
            for done, step in enumerate(steps):
                progress(step, done, len(steps))
                wrong += one(
                    connection, "SELECT control.audit(%s, %s, %s)", [step, not rolling, repair]
                )
            rows = connection.execute(
                "SELECT summary, wrong FROM control.drift WHERE found_at >= %s", [began]
            ).fetchall()
        if wrong and repair:
            fold(connection)
        release_recounts(connection)
    if wrong:
        log.error("Analytics: %d rows were wrong%s", wrong, ", and are repaired" if repair else "")
    return Audited(wrong, [Wrong(*row) for row in rows])


def audit_next(settings: Settings) -> None:
    """The part that has waited longest, if it has waited long enough, and a range of the mirror."""
    with worker_connection(settings) as connection:
        step = one(connection, "SELECT control.overdue_audit()")
    if step:
        audit(settings, [step], repair=True, rolling=True)
    with worker_connection(settings) as connection:
        audit_next_range(connection)
