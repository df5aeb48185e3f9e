"""What was recalculated and audited lately, who asked, how long it took, and what it found."""

from typing import Any

from psycopg.rows import dict_row
from rich import box
from rich.console import RenderableType
from rich.table import Table

from ops.servers import database
from shared.database import run
from shared.settings import Settings

Entry = dict[str, Any]
"""`kind`: rebuild, night, audit, install, settings or alarm. `at`, `asked_by`, `seconds`; `what`
was recalculated or compared; `state`; `rows_read`; `wrong`, rows; `remark`, a sentence; `id` of a
run. None where that means nothing."""


def history(settings: Settings) -> list[Entry]:
    """The last thirty, newest first. Raises ConfigurationError where the database is away."""
    with database(settings, row_factory=dict_row) as connection:
        return run(connection, "status/history").fetchall()


def table(entries: list[Entry]) -> RenderableType:
    """For people, on 80 columns."""
    lines = Table("When", "What", "Who", box=box.SIMPLE_HEAD, show_edge=False)
    for name in ("Seconds", "Wrong"):
        lines.add_column(name, justify="right")
    lines.add_column("How it is")
    for entry in entries:
        seconds, wrong = entry["seconds"], entry["wrong"]
        lines.add_row(
            f"{entry['at']:%m-%d %H:%M}",
            f"{entry['kind']}: {entry['what']}",
            entry["asked_by"],
            "" if seconds is None else f"{seconds:.1f}",
            "" if wrong is None else f"{wrong:,}",
            " ".join(filter(None, (entry["state"], entry["remark"]))),
        )
    return lines
