"""Asking the workers for a rebuild, watching them make it, and steering it."""

import getpass
import socket
import time
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from rich import box
from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table

from ops.servers import broker, database
from shared.database import Connection, one, run
from shared.errors import ConfigurationError
from shared.metrics import METRICS
from shared.settings import Settings
from workers.rebuild import ask, check_names

PATIENCE = 30
"""Seconds to wait for a worker to take the request."""

ANSWER = 3.0
"""Seconds for the database to answer a short question."""

OPEN = ("waiting", "running", "paused")

VERBS = {
    "attach": OPEN,
    "pause": ("waiting", "running"),
    "resume": ("paused",),
    "cancel": OPEN,
}
"""What can be asked of a rebuild that is there, and in which states it must be."""

SHOWN = 20
"""Wrong rows that a report lists; `control.drift` has more."""

Asked = dict[str, Any]
"""What is to be recalculated, as in control.run: `metrics`, `from`, `to`, `course`, `user`,
`mentor`; what is missing is not asked for."""

State = dict[str, Any]
"""A row of control.run_status."""


def asked_by_options(
    metrics: Collection[str] = (),
    from_day: datetime | None = None,
    to_day: datetime | None = None,
    **entities: int | None,
) -> Asked:
    """What the command's arguments ask for. Raises ConfigurationError where no day is left."""
    if from_day and to_day and from_day > to_day:
        raise ConfigurationError(f"{from_day:%Y-%m-%d} is after {to_day:%Y-%m-%d}.")
    days = {"from": from_day, "to": to_day}
    return {
        **({"metrics": list(metrics)} if metrics else {}),
        **{name: day.date().isoformat() for name, day in days.items() if day},
        **{name: entity for name, entity in entities.items() if entity is not None},
    }


def request(settings: Settings, asked: Asked) -> str:
    """Write down what is wanted, wake a worker, and return the id of the row in control.run.

    Raises ConfigurationError for what is not there to be recalculated, or a server that doesn't
    answer.
    """
    run = str(uuid4())
    with database(settings, patience=ANSWER) as connection, broker(settings) as (app, to_redis):
        _check(connection, asked)
        ask(connection, asked, run_id=run, asked_by=who())
        app.send_task(
            "workers.tasks.rebuild",
            kwargs={"summaries": []},
            task_id=run,
            connection=to_redis,
            retry=False,
        )
    return run


def who() -> str:
    """The person at this terminal, as the machine knows them."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


def foreseen(settings: Settings, asked: Asked) -> RenderableType:
    """What the request would do, step by step; nothing is written."""
    with database(settings) as connection:
        _check(connection, asked)
        steps = connection.execute(
            "SELECT step, slices, share, is_touched FROM control.foreseen(%s)", [Jsonb(asked)]
        ).fetchall()
    lines = Table("Step", box=box.SIMPLE_HEAD, show_edge=False)
    lines.add_column("Slices", justify="right")
    lines.add_column("Of its whole cost", justify="right")
    for step, slices, share, is_touched in steps:
        if is_touched:
            lines.add_row(step, f"{slices:,}", f"{100 * share:.4g} %")
    return Group(lines, *_left_out([step for step, *_, touched in steps if not touched], asked))


def _check(connection: Connection, asked: Asked) -> None:
    check_names(connection, asked.get("metrics", ()))
    if not any(is_touched for _, is_touched in _steps(connection, asked)):
        named = ", ".join(asked.get("metrics", ())) or "any metric"
        raise ConfigurationError(f"Nothing of {named} is kept by {_keys(asked)}.")


def _steps(connection: Connection, asked: Asked) -> list[tuple[str, bool]]:
    return connection.execute(
        "SELECT step, is_touched FROM control.asked_for(%s) ORDER BY place", [Jsonb(asked)]
    ).fetchall()


def _left_out(steps: list[str], asked: Asked) -> list[str]:
    return [f"Not kept by {_keys(asked)}, and left as is: {', '.join(steps)}."] if steps else []


def _keys(asked: Asked) -> str:
    entities = " or ".join(name for name in ("course", "user", "mentor") if name in asked)
    return " and ".join(filter(None, ["day" if asked.keys() & {"from", "to"} else "", entities]))


def watch(settings: Settings, run: str) -> State:
    """Show the run's progress until it is over, and return what became of it.

    Raises ConfigurationError when no worker takes it or the worker gives it up.
    """
    with (
        database(settings, patience=ANSWER, row_factory=dict_row) as connection,
        Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[pace]}"),
            console=Console(stderr=True),
        ) as bars,
    ):
        task = bars.add_task("Waiting for a worker", total=1, pace="")
        deadline = time.monotonic() + PATIENCE
        while (state := _look(connection, run))["finished_at"] is None:
            bars.update(task, description=_doing(state), completed=state["share"], pace=pace(state))
            if state["state"] == "waiting" and time.monotonic() > deadline:
                raise ConfigurationError(
                    f"No worker has taken the rebuild within {PATIENCE} s: is one running? "
                    "It will be made when one is."
                )
            time.sleep(0.1)
        if state["error"]:
            raise ConfigurationError(f"The rebuild was given up: {state['error']}.")
        bars.update(task, description="Rebuilt", completed=state["share"], pace="")
    return state


def _doing(state: State) -> str:
    if state["state"] == "running":
        return f"Rebuilding {state['step']}" if state["step"] else "Folding"
    return "Paused" if state["state"] == "paused" else "Waiting for a worker"


def pace(state: State) -> str:
    """How many rows a second, and how long it may take yet."""
    if not state["remaining_seconds"]:
        return ""
    left = timedelta(seconds=round(state["remaining_seconds"]))
    return f"{state['rows_per_second']:,.0f} rows/s, {left} left"


def _look(connection: Connection, run: str) -> State:
    row = connection.execute("SELECT * FROM control.run_status WHERE id = %s", [run]).fetchone()
    if row is None:
        raise ConfigurationError("The rebuild's record is gone: was analytics installed anew?")
    return row


def report(settings: Settings, state: State) -> RenderableType:
    """What a rebuild has cost, step by step, and the first rows that it found wrong."""
    made, asked = state["id"], state["asked"]
    with database(settings, patience=ANSWER) as connection:
        costs = run(connection, "status/cost", [made]).fetchall()
        wrong = run(connection, "status/wrong", [made, SHOWN]).fetchall()
        left_out = [step for step, is_touched in _steps(connection, asked) if not is_touched]
    lines = Table("Step", box=box.SIMPLE_HEAD, show_edge=False)
    for name in ("Slices", "Rows read", "Wrong", "Seconds"):
        lines.add_column(name, justify="right")
    for step, slices, rows, found, seconds in costs:
        lines.add_row(step, f"{slices:,}", f"{rows:,}", f"{found:,}", f"{seconds:.2f}")
    listed = (f"{step}, {lack(step, row)}" for step, row in wrong)
    return Group(lines, *listed, *_left_out(left_out, asked), _outcome(state))


def lack(step: str, row: dict[str, Any]) -> str:
    """A row of control.drift for people: its key, and what is not there that should be."""
    keys = set(METRICS[step].keys) if step in METRICS else set[str]()
    key = [f"{name} {value}" for name, value in row.items() if name in keys]
    missing = [f"{name} {value}" for name, value in row.items() if name not in keys and value]
    return ": ".join(filter(None, (", ".join(key), ", ".join(missing))))


def _outcome(state: State) -> str:
    seconds = (state["finished_at"] - (state["started_at"] or state["finished_at"])).total_seconds()
    who = state["cancelled_by"]
    return (
        f"{f'Cancelled by {who}' if who else 'Rebuilt'} after {seconds:.1f} s: "
        f"{state['rows_read']:,} rows read, {state['rows_changed']:,} were not right."
    )


def steer(settings: Settings, verb: str, run: str) -> str:
    """Pause, resume or cancel the run, or only find it; return its id.

    `run`: how its id begins; empty for the newest that this can be asked of. Raises
    ConfigurationError where there is none, or it is over.
    """
    states = VERBS[verb]
    with database(settings, patience=ANSWER) as connection:
        run = _find(connection, run, states)
        done = {
            "attach": lambda: True,
            "pause": lambda: one(connection, "SELECT control.pause(%s, true)", [run]),
            "resume": lambda: one(connection, "SELECT control.pause(%s, false)", [run]),
            "cancel": lambda: one(connection, "SELECT control.finish(%s, NULL, %s)", [run, who()]),
        }[verb]()
    if not done:
        raise ConfigurationError(f"Rebuild {run} is not {' or '.join(states)}.")
    return run


def _find(connection: Connection, run: str, states: tuple[str, ...]) -> str:
    found = connection.execute(
        "SELECT id FROM control.run_status WHERE starts_with(id, %(run)s)"
        " AND (%(run)s <> '' OR state = ANY (%(states)s)) ORDER BY requested_at DESC LIMIT 2",
        {"run": run, "states": list(states)},
    ).fetchall()
    if not found:
        what = f"rebuild {run}" if run else f"rebuild that is {' or '.join(states)}"
        raise ConfigurationError(f"There is no {what}.")
    if run and len(found) > 1:
        raise ConfigurationError(f"Several rebuilds begin with {run}: write more of the id.")
    return found[0][0]
