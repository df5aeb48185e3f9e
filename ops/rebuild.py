"""Asking the workers for a rebuild, and watching them make it."""

import time
from collections.abc import Iterable
from typing import NamedTuple
from uuid import uuid4

from rich.console import Console
from rich.progress import Progress

from ops.servers import broker, database
from shared.database import Connection
from shared.errors import ConfigurationError
from shared.registry import FAMILIES, SUMMARIES
from shared.settings import Settings
from workers.rebuild import families_of

PATIENCE = 30
"""Seconds to wait for a worker to take the request."""

ANSWER = 3.0
"""Seconds for the database to answer a short question."""


def request(settings: Settings, summaries: Iterable[str] = ()) -> str:
    """Send the task, for everything by default, and return the id of its row in control.run.

    Raises ConfigurationError for an unknown name or a server that doesn't answer.
    """
    families, run = _families(summaries), str(uuid4())
    with database(settings, patience=ANSWER) as connection, broker(settings) as (app, to_redis):
        connection.execute(
            "INSERT INTO control.run (id, families, reason) VALUES (%s, %s, 'request')",
            [run, families],
        )
        app.send_task(
            "workers.tasks.rebuild",
            kwargs={"summaries": families},
            task_id=run,
            connection=to_redis,
            retry=False,
        )
    return run


def watch(settings: Settings, run: str) -> int:
    """Show the run's progress until it is done and return how many rows changed.

    Raises ConfigurationError when no worker takes it or the worker gives it up.
    """
    with (
        database(settings, patience=ANSWER) as connection,
        Progress(console=Console(stderr=True)) as bars,
    ):
        task = bars.add_task("Waiting for a worker", total=None)
        deadline = time.monotonic() + PATIENCE
        while not (state := _look(connection, run)).finished:
            if state.step:
                bars.update(
                    task,
                    description=f"Rebuilding {state.step}",
                    completed=state.done,
                    total=state.steps,
                )
            elif state.taken:
                bars.update(task, description="Waiting for another rebuild")
            elif time.monotonic() > deadline:
                raise ConfigurationError(
                    f"No worker has taken the rebuild within {PATIENCE} s: is one running? "
                    "It will be made when one is."
                )
            time.sleep(0.1)
        if state.error:
            raise ConfigurationError(f"The rebuild was given up: {state.error}.")
        steps = state.steps or 1
        bars.update(task, description="Rebuilt", completed=steps, total=steps)
    return state.changed


class _State(NamedTuple):
    taken: bool
    finished: bool
    step: str | None
    done: int
    steps: int | None
    changed: int
    error: str | None


def _look(connection: Connection, run: str) -> _State:
    row = connection.execute(
        "SELECT started_at IS NOT NULL, finished_at IS NOT NULL, step, steps_done, steps,"
        " rows_changed, error FROM control.run WHERE id = %s",
        [run],
    ).fetchone()
    if row is None:
        raise ConfigurationError("The rebuild's record is gone: was analytics installed anew?")
    return _State(*row)


def _families(summaries: Iterable[str]) -> list[str]:
    try:
        return families_of(summaries) or list(FAMILIES)
    except KeyError as unknown:
        raise ConfigurationError(
            f"There is no summary {unknown}: choose among {', '.join(SUMMARIES)}."
        ) from None
