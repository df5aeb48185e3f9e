"""Auditing by hand: whether what is stored is what a recount says."""

from collections.abc import Collection
from typing import Any

from psycopg.types.json import Jsonb
from rich import box
from rich.console import Console, Group, RenderableType
from rich.progress import Progress
from rich.table import Table

from ops.rebuild import lack, who
from ops.servers import database, said_in_a_sentence
from shared.database import one
from shared.errors import ConfigurationError
from shared.registry import FAMILIES, STEPS
from shared.settings import Settings
from workers.audit import audit as audit_now
from workers.fold import worker_connection
from workers.mirror_audit import Difference, audit_mirror

Findings = dict[str, Any]
"""Ready for JSON: `wrong`, how many rows in all; `rows`, `summary` and `row` of the first thousand
each; `mirror`, `table`, `id` and `what`; `repaired`."""


def audit(settings: Settings, names: Collection[str] = (), *, repair: bool) -> Findings:
    """Compare the named summaries (or families), by default everything and MentorHub's rows too.

    Raises ConfigurationError for an unknown name or a server that doesn't answer.
    """
    steps = _steps(names)
    with database(settings) as connection:
        connection.execute("SELECT FROM control.step")
    with said_in_a_sentence(), Progress(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("Auditing", total=None)

        def show(step: str, done: int, steps: int) -> None:
            bars.update(task, description=f"Auditing {step}", completed=done, total=steps)

        with worker_connection(settings) as connection:
            began = one(connection, "SELECT clock_timestamp()")
            mirror = [] if names else _mirror(settings, repair=repair)
            found = audit_now(settings, steps, repair=repair, progress=show)
            one(
                connection,
                "SELECT control.note_run('audit', %s, %s, '{}', %s, %s)",
                [
                    Jsonb({"metrics": list(names)} if names else {}),
                    who(),
                    began,
                    found.wrong + len(mirror),
                ],
            )
    return {
        "wrong": found.wrong + len(mirror),
        "repaired": repair,
        "rows": [row._asdict() for row in found.rows],
        "mirror": [difference._asdict() for difference in mirror],
    }


def _mirror(settings: Settings, *, repair: bool) -> list[Difference]:
    with worker_connection(settings) as connection:
        return audit_mirror(connection, everything=True, repair=repair)


def table(found: Findings) -> RenderableType:
    """What `audit` found, for people."""
    if not found["wrong"]:
        return "Everything is right: truth = summary + pending."
    lines = Table("Summary", "What it lacks", box=box.SIMPLE_HEAD, show_edge=False)
    for row in found["rows"]:
        lines.add_row(row["summary"], lack(row["summary"], row["row"]))
    for row in found["mirror"]:
        lines.add_row(f"mirror of {row['table']}", f"id {row['id']} {row['what']}")
    rows, are, them = ("row is", "is", "It") if found["wrong"] == 1 else ("rows are", "are", "They")
    repaired = (
        f"{them} {are} repaired." if found["repaired"] else "`analytics audit --repair` fixes it."
    )
    return Group(lines, "", f"{found['wrong']:,} {rows} wrong. {repaired}")


def _steps(names: Collection[str]) -> list[str]:
    wanted = set(names)
    unknown = wanted - STEPS.keys() - FAMILIES.keys()
    if unknown:
        raise ConfigurationError(
            f"There is no summary {min(unknown)!r}: choose among {', '.join(STEPS)}."
        )
    return [step for step, family in STEPS.items() if not wanted or {step, family.name} & wanted]
