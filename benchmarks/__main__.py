"""`make bench`: measures what is promised, prints a table, writes benchmarks/results.json.

Figures are ratios within one run where the machine's speed would spoil seconds.
"""

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import api, dashboards, fold, live, metrics, month, page, rebuild

BENCHMARKS = {
    "api": api.measure,
    "live": live.measure,
    "fold": fold.measure,
    "metrics": metrics.measure,
    "rebuild": rebuild.measure,
    "page": page.measure,
    "dashboards": dashboards.measure,
    "month": month.measure,
}

LONG = {"month"}
"""Only when it is asked for."""

RESULTS = Path(__file__).parent / "results.json"


def main() -> None:
    """`python -m benchmarks [NAME]...`: those of BENCHMARKS, by default all but LONG."""
    chosen = sys.argv[1:] or [name for name in BENCHMARKS if name not in LONG]
    results = [row for name in chosen for row in BENCHMARKS[name]()]
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    table = Table("Measured", "Value", "Unit", "Goal", "")
    for row in results:
        verdict = {True: "[green]ok[/]", False: "[red]missed[/]", None: ""}[row["ok"]]
        table.add_row(row["name"], f"{row['value']:,.2f}", row["unit"], row["goal"] or "", verdict)
    Console().print(table)


if __name__ == "__main__":
    main()
