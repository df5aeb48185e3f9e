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
from shared.settings import Settings
from workers.audit import audit as audit_now
from workers.fold import worker_connection
from workers.mirror_audit import Difference, audit_mirror
from workers.rebuild import named

Findings = dict[str, Any]
"""Ready for JSON: `wrong`, how many rows in all; `rows`, `summary` and `row` of the first thousand
each; `mirror`, `table`, `id` and `what`; `repaired`."""


def audit(settings: Settings, names: Collection[str] = (), *, repair: bool) -> Findings:
    """Compare what is stored for the named metrics, by default everything and MentorHub's rows too.

    Raises ConfigurationError for an unknown name or a server that doesn't answer.
    """
    asked = {"metrics": list(names)} if names else {}
    with database(settings) as connection:
        steps = named(connection, asked)
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
                [Jsonb(asked), who(), began, found.wrong + len(mirror)],
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
