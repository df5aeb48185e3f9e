"""The catalogue of metrics for ops: what each means, how much it stores, how it is folded."""

from dataclasses import asdict
from typing import Any

from psycopg.rows import dict_row
from rich import box
from rich.console import Group, RenderableType
from rich.syntax import Syntax
from rich.table import Table

from ops.servers import database
from shared.database import run
from shared.errors import ConfigurationError
from shared.metrics import METRICS, Metric
from shared.settings import Settings

Entry = dict[str, Any]
"""A metric's file as a dictionary; `rows` stored, `as_of`, `audited_at` and `drift` as in status;
None where the database doesn't know it yet."""


def metrics(settings: Settings, name: str | None = None) -> list[Entry]:
    """All of them, or one. Raises ConfigurationError where there is none of the name."""
    if name is not None and name not in METRICS:
        raise ConfigurationError(f"There is no metric {name!r}: choose among {', '.join(METRICS)}.")
    with database(settings, row_factory=dict_row) as connection:
        rows = run(connection, "status/summaries").fetchall()
    states = {row["summary"]: row for row in rows}
    chosen = METRICS.values() if name is None else [METRICS[name]]
    return [_entry(metric, states.get(metric.name, {})) for metric in chosen]


def _entry(metric: Metric, state: dict[str, Any]) -> Entry:
    stored = {key: state.get(key) for key in ("rows", "as_of", "audited_at", "drift")}
    return asdict(metric) | {"address": f"/api/v1/analytics/{metric.address}"} | stored


def table(entries: list[Entry]) -> RenderableType:
    """For people, on 80 columns."""
    lines = Table("Metric", "What it counts", "By", box=box.SIMPLE_HEAD, show_edge=False)
    lines.add_column("Rows", justify="right")
    for entry in entries:
        rows = "" if entry["rows"] is None else f"{entry['rows']:,}"
        lines.add_row(entry["name"], entry["meaning"]["en"], ", ".join(entry["keys"]), rows)
    return lines


def one(entry: Entry) -> RenderableType:
    """One metric: its columns, and the SELECT that it is."""
    columns = Table("Column", "", "What it is", box=box.SIMPLE_HEAD, show_edge=False)
    for part in ("keys", "labels", "measures", "ratios", "percentiles", "generated"):
        for name, column in entry[part].items():
            columns.add_row(name, part.removesuffix("s"), column["said"]["en"])
    return Group(table([entry]), "", columns, "", Syntax(entry["select"], "sql", theme="bw"))
