"""How fresh the numbers are, and who is at work."""

from datetime import datetime
from typing import Any, cast

from psycopg import sql
from psycopg.errors import LockNotAvailable
from psycopg.rows import dict_row
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ops import waiting
from ops.servers import broker, database
from shared import sqlfiles
from shared.database import Connection, flags
from shared.errors import ServerUnavailableError
from shared.settings import Settings

Status = dict[str, Any]
"""Ready for JSON: moments are RFC 3339 text, durations seconds; None where there was none yet."""


BEHIND = "Replication is behind or down; the analytics server's log and `analytics init` say why"


def replicated_until(settings: Settings) -> str | None:
    """Up to when MentorHub's commits have arrived; None while they don't."""
    with database(settings, row_factory=dict_row) as connection:
        return _rows(connection, "status/replication")[0]["replicated_until"]


def collect(settings: Settings) -> Status:
    """`summaries`: one entry each; `broker`, `workers`, `last_beat`: who is at work.

    `replicated_until`: None while the mirror is behind or cut off; `trouble`: what the guard says
    of it. `blockers`, `snapshots`: who keeps us waiting in our own database, a sentence each.
    `relay`: whether changes wake the workers. `last_beat`: when beat was last heard of.
    Raises ConfigurationError where analytics is not installed or doesn't answer.
    """
    # whoever has locked one of our tables is named, not waited for
    options = flags({"lock_timeout": "2s"})
    with database(settings, row_factory=dict_row, options=options) as connection:
        blockers = waiting.blockers(connection)
        try:
            return _collect(settings, connection) | {"blockers": blockers}
        except LockNotAvailable:
            blockers = waiting.blockers(connection) or ["Somebody has locked our tables."]
            raise ServerUnavailableError(" ".join(blockers)) from None


def _collect(settings: Settings, connection: Connection) -> Status:
    return {
        "summaries": [
            row | {"rows": _count(connection, row["summary"])}
            for row in _rows(connection, "status/summaries")
        ],
        **_at_work(settings),
        **_rows(connection, "status/beat")[0],
        **_rows(connection, "status/replication")[0],
        "snapshots": waiting.snapshots(connection),
    }


_HEADERS = (
    "Summary",
    "As of",
    "Lag",
    "Pending",
    "Rows",
    "Rebuilt",
    "Took",
    "Audited",
    "Drift",
)


def table(status: Status) -> RenderableType:
    """What `collect` found, for people: 80 columns are enough."""
    lines = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    for header in _HEADERS:
        justify = "left" if header == "Summary" else "right"
        lines.add_column(header, justify=justify, no_wrap=True)
    for row in status["summaries"]:
        late = row["lag_seconds"] is None or row["lag_seconds"] > row["ttl_seconds"]
        lines.add_row(
            row["summary"],
            _short(row["as_of"]),
            Text(_duration(row["lag_seconds"]), "red" if late else "green"),
            f"{row['pending']:,}",
            f"{row['rows']:,}",
            Text(_short(row["rebuilt_at"], "%H:%M"), "red" if row["rebuild_error"] else ""),
            _duration(row["rebuild_seconds"]),
            _short(row["audited_at"], "%H:%M"),
            Text(_number(row["drift"]), "red" if row["drift"] else "green"),
        )
    return Group(lines, "", *_failures(status), *_waits(status), _who_is_at_work(status))


def _number(count: int | None) -> str:
    return "" if count is None else f"{count:,}"


def _failures(status: Status) -> list[Text]:
    errors = {row["family"]: row["rebuild_error"] for row in status["summaries"]}
    return [
        Text(f"The last rebuild of {family} was given up: {error}", "red")
        for family, error in errors.items()
        if error
    ]


def _waits(status: Status) -> list[Text]:
    return [Text(sentence, "red") for sentence in (*status["blockers"], *status["snapshots"])]


def _who_is_at_work(status: Status) -> Text:
    workers = ", ".join(status["workers"])
    until, trouble = status["replicated_until"], status["trouble"]
    return Text.assemble(
        "Mirror   ",
        f"holds what was committed by {_clock(until)}" if until else (BEHIND, "red"),
        f"\n         compared with MentorHub: {_clock(status['mirror_audited_at'])}, "
        f"{status['mirror_incidents']:,} rows differed so far",
        (
            f"\n         since {_clock(status['trouble_since'])}: {trouble}" if trouble else "",
            "red",
        ),
        "\nRelay    ",
        "listens" if status["relay"] else ("does not listen; beat wakes the workers", "red"),
        "\nBroker   ",
        "answers" if status["broker"] else ("does not answer", "red"),
        "\nWorkers  ",
        workers or ("none answers", "red"),
        f"\nBeat     last heard of: {_clock(status['last_beat'])}",
    )


def _rows(connection: Connection, query: str) -> list[dict[str, Any]]:
    rows = connection.execute(sqlfiles.read(query).encode()).fetchall()
    return [{name: _for_json(value) for name, value in row.items()} for row in rows]


def _for_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _count(connection: Connection, summary: str) -> int:
    query = sql.SQL("SELECT count(*) FROM analytics.{}").format(sql.Identifier(summary))
    rows: list[dict[str, Any]] = connection.execute(query).fetchall()
    return rows[0]["count"]


def _at_work(settings: Settings) -> dict[str, Any]:
    try:
        with broker(settings) as (app, line):
            answers = cast("Any", app.control.ping(timeout=1, connection=line))
    except ServerUnavailableError:
        return {"broker": False, "workers": []}
    return {"broker": True, "workers": sorted(name for answer in answers for name in answer)}


def _clock(moment: str | None) -> str:
    """By the clock of whoever asks; the day only where it is another one."""
    if moment is None:
        return "never"
    here = datetime.fromisoformat(moment).astimezone()
    today = here.date() == datetime.now().astimezone().date()
    return f"{here:%H:%M:%S}" if today else f"{here:%d %b %H:%M}"


def _short(moment: str | None, clock: str = "%H:%M:%S") -> str:
    """For narrow columns: the clock today, the day before."""
    if moment is None:
        return "never"
    here = datetime.fromisoformat(moment).astimezone()
    is_today = here.date() == datetime.now().astimezone().date()
    return here.strftime(clock if is_today else "%d %b")


_WHOLE_SECONDS = 10
"""From here on nobody asks for tenths."""

_UNITS = (("d", 86400), ("h", 3600), ("min", 60))


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    for unit, length in _UNITS:
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}"
    return f"{seconds:.0f} s" if seconds >= _WHOLE_SECONDS else f"{seconds:.1f} s"
