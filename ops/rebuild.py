"""Asking the workers for a rebuild, and watching them make it."""

import time
from collections.abc import Iterable
from uuid import uuid4

from kombu.exceptions import OperationalError
from rich.console import Console
from rich.progress import Progress

from shared.database import Connection, connect
from shared.errors import ConfigurationError, ServerUnavailableError
from shared.registry import FAMILIES, SUMMARIES
from shared.settings import Settings
from workers.rebuild import families_of

PATIENCE = 30
"""Seconds to wait for a worker to take the request."""


def request(settings: Settings, summaries: Iterable[str]) -> str:
    """Send the task and return the id of its row in control.run.

    Raises ConfigurationError for an unknown name or a broker that doesn't answer.
    """
    from workers.app import app  # noqa: PLC0415 - needs a broker; the settings name it

    try:
        families = families_of(summaries) or list(FAMILIES)
    except KeyError as unknown:
        raise ConfigurationError(
            f"There is no summary {unknown}: choose among {', '.join(SUMMARIES)}."
        ) from None
    run = str(uuid4())
    with connect(settings.analytics_url()) as connection:
        connection.execute(
            "INSERT INTO control.run (id, families, reason) VALUES (%s, %s, 'request')",
            [run, families],
        )
        try:
            app.send_task(
                "workers.tasks.rebuild",
                kwargs={"summaries": families, "run_id": run},
                retry=False,
            )
        except OperationalError:
            connection.execute("DELETE FROM control.run WHERE id = %s", [run])
            raise ServerUnavailableError("Redis does not answer: is REDIS_URL right?") from None
    return run


def watch(settings: Settings, run: str) -> int:
    """Show the run's progress until it is done and return how many rows changed.

    Raises ConfigurationError when no worker takes it or the worker gives it up.
    """
    with (
        connect(settings.analytics_url()) as connection,
        Progress(console=Console(stderr=True)) as bars,
    ):
        task = bars.add_task("Waiting for a worker", total=None)
        deadline = time.monotonic() + PATIENCE
        while True:
            started, finished, step, done, steps, changed, error = _look(connection, run)
            if started:
                bars.update(task, description=f"Rebuilding {step}", completed=done, total=steps)
            elif time.monotonic() > deadline:
                raise ConfigurationError(
                    f"No worker has taken the rebuild within {PATIENCE} s: is one running? "
                    "The request stays in the queue."
                )
            if finished and error:
                raise ConfigurationError(f"The rebuild was given up: {error}")
            if finished:
                return changed
            time.sleep(0.1)


def _look(connection: Connection, run: str) -> tuple[object, object, str, int, int, int, str]:
    row = connection.execute(
        "SELECT started_at, finished_at, step, steps_done, steps, rows_changed, error"
        " FROM control.run WHERE id = %s",
        [run],
    ).fetchone()
    if row is None:
        raise ConfigurationError("The rebuild's record is gone: was analytics installed anew?")
    return row
