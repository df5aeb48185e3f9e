"""What `collect` found, for people: 80 columns are enough."""

import sys
from itertools import chain, groupby
from time import sleep
from typing import Any, NoReturn

from rich import box
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ops.status import DatabaseAwayError, collect
from ops.status.moments import clock, short
from ops.status.questions import Status
from ops.status.sections import Line, is_late, lines
from shared.alarms import Level, duration
from shared.settings import Settings

_HEADERS = (
    "Summary",
    "As of",
    "Lag",
    "Pending",
    "Rows",
    "Rebuilt",
    "Took",
    "Whole",
    "Drift",
)


def table(status: Status) -> RenderableType:
    """A row for each summary between the verdict and what else there is to say."""
    grid = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    for header in _HEADERS:
        justify = "left" if header == "Summary" else "right"
        grid.add_column(header, justify=justify, no_wrap=True)
    for row in status["summaries"]:
        wrong = row["open_incidents"] or row["drift"]
        grid.add_row(
            row["summary"],
            short(row["as_of"]),
            Text(duration(row["lag_seconds"]), "red" if is_late(row) else "green"),
            f"{row['pending']:,}",
            f"{row['rows']:,}",
            Text(short(row["rebuilt_at"], "%H:%M"), "red" if row["rebuild_error"] else ""),
            duration(row["rebuild_seconds"]),
            short(row["whole_audited_at"], "%H:%M"),
            Text(_number(wrong or row["drift"]), "red" if wrong else "green"),
        )
    return Group(_said(status["verdict"]), "", grid, "", listed(lines(status)))


LOOK = 2.0
"""Seconds between two looks of `--watch`."""


def watch(settings: Settings) -> NoReturn:
    """The table anew every few seconds, until Ctrl-C."""
    with Live(auto_refresh=False, screen=sys.stdout.isatty()) as screen:
        while True:
            screen.update(_looked(settings), refresh=True)
            sleep(LOOK)


def _looked(settings: Settings) -> RenderableType:
    try:
        return table(collect(settings))
    except DatabaseAwayError as away:
        return listed(away.lines)


def listed(said: list[Line]) -> RenderableType:
    """A fault may ring the same alarm for every answer: two of them tell."""
    alike = [list(lines) for _, lines in groupby(said, key=lambda line: line.alarm or line)]
    return Group(*map(_shown, chain.from_iterable(map(_gathered, alike))))


def _gathered(alike: list[Line]) -> list[Line]:
    first, *rest = alike
    if len(rest) <= 2:  # noqa: PLR2004 - three lines, as many as it would take to gather them
        return alike
    more = f"and {len(rest) - 1} more like these two: --json names them"
    return [first, rest[0], first._replace(text=more)]


def _said(verdict: dict[str, Any]) -> Text:
    if verdict["fine"]:
        return Text(f"Fine: every answer is right as of {clock(verdict['as_of'])}.", "green")
    since = f" since {clock(verdict['since'])}" if verdict["since"] else ""
    what = verdict["what"] if verdict["what"].endswith(("?", ".")) else f"{verdict['what']}."
    remedy = f" Type `{verdict['remedy']}`." if verdict["remedy"] else ""
    others = f" And {verdict['others']} more, below." if verdict["others"] else ""
    return Text(f"Wrong{since}: {what}{remedy}{others}", "red")


_COLOURS: dict[Level | None, str] = {None: "", "warning": "yellow", "page": "red"}


def _shown(line: Line) -> Text:
    return Text.assemble(f"{line.name:<8} ", (line.text, _COLOURS[line.level]))


def _number(count: int | None) -> str:
    return "" if count is None else f"{count:,}"
