"""How fresh and how right the numbers are, and who is at work: a verdict first.

To say more: a query in sql/status, a question in `_QUESTIONS`, and a function in `_SECTIONS` that
makes lines of what it found.
"""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import chain, groupby
from math import inf
from pathlib import Path
from shutil import disk_usage
from time import monotonic, sleep
from typing import Any, NamedTuple, NoReturn

import psycopg
from psycopg.errors import DiskFull, InsufficientPrivilege, LockNotAvailable, QueryCanceled
from psycopg.rows import dict_row
from rich import box
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ops import waiting
from ops.local import lives
from ops.servers import broker_trouble, database
from shared import timezones
from shared.alarms import ALARMS, SILENT, Level, Reading, duration, ringing
from shared.database import Connection, connect, run
from shared.errors import ConfigurationError, ServerUnavailableError
from shared.home import running_stack
from shared.settings import Settings
from workers import timezone
from workers.mentorhub import as_bytes, names_of

Status = dict[str, Any]
"""Ready for JSON: moments are RFC 3339 text, durations seconds; None where there was none yet."""


class Line(NamedTuple):
    """A line about one thing; where it is wrong, by which alarm, how loud, and what to type."""

    name: str
    text: str
    alarm: str | None = None
    level: Level | None = None
    since: str | None = None
    remedy: str = ""


BEHIND = ALARMS["mirror_behind"].says

BUDGET = 2.0
"""Seconds for all questions to our database together: a person waits."""

WAL_SEGMENT = 16 << 20
"""Bytes that a server needs to go on writing."""

_OPTIONS = f"-c statement_timeout={BUDGET:g}s -c lock_timeout=1s"
"""Whoever is in the way is not waited for."""

_Asked = list[dict[str, Any]] | list[str]


def _zone(connection: Connection) -> list[dict[str, Any]]:
    """The reporting zone, and where the server has other rules for the days of our answers."""
    return [
        {**row, "difference": timezone.difference(connection, row["timezone"], years=1)}
        for row in _rows(connection, "status/reporting")
    ]


def _disk(connection: Connection) -> list[str]:
    """That the server can't write; its own error says so, whatever disk it has, and wherever."""
    try:
        with connection.transaction():
            connection.execute("SET LOCAL work_mem = '64kB'")
            run(connection, "status/disk")
    except DiskFull as error:
        reason = error.diag.message_primary
        return [f"The analytics server's disk is full ({reason}): make room there."]
    return []


_QUESTIONS: dict[str, Callable[[Connection], _Asked]] = {
    "disk": _disk,
    "blockers": waiting.blockers,
    "parts": lambda connection: _rows(connection, "status/parts"),
    "summaries": lambda connection: _rows(connection, "status/summaries"),
    "mirror": lambda connection: _rows(connection, "status/mirror"),
    "unusable": lambda connection: _rows(connection, "status/unusable"),
    "journals": lambda connection: _rows(connection, "status/journals"),
    "snapshots": waiting.snapshots,
    "replication": lambda connection: _rows(connection, "status/replication"),
    "zone": _zone,
    "readings": lambda connection: _rows(connection, "status/readings"),
}
"""What is asked of the analytics database; each may fail by itself."""


_Found = dict[str, list[Any]]
"""Answers, by the names of `_QUESTIONS`."""


class DatabaseAwayError(ServerUnavailableError):
    """Our database doesn't answer; `known` is what can be said without it, as `collect` does.

    `found`: what it had said before it ended or fell silent.
    """

    def __init__(
        self, sentence: str, found: _Found, broker: dict[str, Any], *, api: bool | None
    ) -> None:
        super().__init__(sentence)
        full = _room(found) if found.get("disk") else _full(sentence)
        self.lines = [_wrong("database_away", sentence), *full, *_redis(broker)]
        if api is not None:
            self.lines.append(
                Line("API", "answers") if api else _wrong("api_silent", "doesn't answer")
            )
        problems = _problems(self.lines)
        self.known: Status = {
            "verdict": _verdict({}, problems),
            "problems": problems,
            "api": api,
            **broker,
        }


def replicated_until(settings: Settings) -> str | None:
    """Up to when MentorHub's commits have arrived; None while they don't."""
    with database(settings, row_factory=dict_row) as connection:
        return _rows(connection, "status/replication")[0]["replicated_until"]


def collect(settings: Settings) -> Status:
    """`verdict`: the first of `problems`, or that there is none.

    `summaries`: one entry each. `parts`: worker, beat, relay, guard and API, by their last sign of
    life. `replicated_until`: None while the mirror is behind or cut off; `trouble`: what the guard
    says of it. `blockers`, `snapshots`: who keeps us waiting in our own database, a sentence each.
    `disk`: that ours is full.
    `readings`: what the alarms look at.
    `unusable`: rows set aside, by table and reason; `as_bytes`: a sentence where it is text.
    `journals`: what of the last 30 days was found later than it happened.
    `zone`: the reporting zone, and how the server's rules for it differ from `tz_release`.
    `unanswered`: what could not be asked, and why; `forbidden`: what this role may not.
    Raises ConfigurationError where analytics is not installed, DatabaseAwayError where it doesn't
    answer.
    """
    with ThreadPoolExecutor() as pool:
        broker, api = pool.submit(_broker, settings), pool.submit(_api_answers, settings)
        replica = pool.submit(_replica, settings)
        found: _Found = {}
        try:
            unanswered, forbidden = _ask_all(settings, found)
        except ServerUnavailableError as error:
            sentence = f"{_full_disk(settings)}{error}"
            raise DatabaseAwayError(sentence, found, broker.result(), api=api.result()) from None
    parts = {row.pop("name"): row for row in found["parts"]}
    _add_replica(replica.result(), parts)
    for part, row in parts.items():
        process = lives.process(part, row["host"], row["pid"])
        # what is stopped here is known before its signs of life are missed
        row["alive"] = row["alive"] and process != lives.STOPPED
        row["process"] = None if row["alive"] else process
    names = names_of(settings.mapping)
    for row in found["unusable"]:
        row["as_bytes"] = as_bytes(row["table"], row["reason"], row["ids"], names)
    status: Status = {
        "summaries": found["summaries"],
        "parts": parts,
        "workers": parts.get("worker", {}).get("hosts", []),
        "last_beat": parts.get("beat", {}).get("seen_at"),
        "relay": parts.get("relay", {}).get("alive", False),
        **broker.result(),
        **(found["mirror"] or [_NO_MIRROR])[0],
        "replicated_until": (found["replication"] or [_NO_MIRROR])[0].get("replicated_until"),
        "disk": found["disk"],
        "blockers": found["blockers"],
        "snapshots": found["snapshots"],
        "unusable": found["unusable"],
        "journals": found["journals"],
        "zone": (found["zone"] or [None])[0],
        "tz_release": timezones.RELEASE,
        "readings": found["readings"],
        "unanswered": unanswered,
        "forbidden": forbidden,
    }
    problems = _problems(lines(status))
    return {"verdict": _verdict(status, problems), "problems": problems, **status}


def _problems(said: list[Line]) -> list[dict[str, Any]]:
    """What is wrong, causes first: what follows from them is below."""
    wrong = {line: line.alarm for line in said if line.alarm}
    places = list(ALARMS)
    return [line._asdict() for line in sorted(wrong, key=lambda line: places.index(wrong[line]))]


def _wrong(
    alarm: str,
    text: str,
    level: Level = "page",
    *,
    since: str | None = None,
    remedy: str | None = None,
) -> Line:
    """A line that rings; `remedy`: where it is not the alarm's own."""
    told = ALARMS[alarm]
    return Line(told.part, text, alarm, level, since, told.remedy if remedy is None else remedy)


def _full_disk(settings: Settings) -> str:
    """Why a server on this machine is away, where it is that: it ends when it can't write its WAL.

    Beside a server that is not embedded, `analytics up` has noted where that keeps its data.
    """
    noted = (running_stack(settings.home) or {}).get("data_folder")
    folder = Path(noted) if noted else settings.home
    if not (noted or (folder / "postgres").exists()):
        return ""
    try:
        return f"The disk of {folder} is full. " if disk_usage(folder).free < WAL_SEGMENT else ""
    except OSError:
        return ""  # it is gone, or not for our eyes any more


def _ask_all(settings: Settings, found: _Found) -> tuple[dict[str, str], list[str]]:
    """Put answers into `found`, one by one; return what there was none to, and what is forbidden.

    Raises ServerUnavailableError where the server ends or falls silent; what it said is in `found`.
    """
    unanswered: dict[str, str] = {}
    forbidden: list[str] = []
    deadline = monotonic() + BUDGET
    with database(
        settings, row_factory=dict_row, options=_OPTIONS, patience=BUDGET + 0.5
    ) as connection:
        for name, ask in _QUESTIONS.items():
            left = max(1, round(1000 * (deadline - monotonic())))
            connection.execute("SELECT set_config('statement_timeout', %s, false)", [str(left)])
            try:
                found[name] = list(ask(connection))
            except InsufficientPrivilege:
                found[name] = []
                forbidden.append(name)
            except QueryCanceled:
                found[name], unanswered[name] = [], f"no answer within {BUDGET:g} s"
            except LockNotAvailable:
                blockers = waiting.blockers(connection) or ["Somebody has locked our tables."]
                raise ServerUnavailableError(" ".join(blockers)) from None
    return unanswered, forbidden


_NO_MIRROR: dict[str, Any] = {
    "looked_at": None,
    "trouble": None,
    "trouble_since": None,
    "mirror_audited_at": None,
    "mirror_incidents": 0,
    "open_mirror_incidents": 0,
}


def lines(status: Status) -> list[Line]:
    """What there is to say besides the table, and what of it is wrong."""
    return [line for section in _SECTIONS for line in section(status)]


def _verdict(status: Status, problems: list[dict[str, Any]]) -> dict[str, Any]:
    if not problems:
        moments = [row["as_of"] for row in status["summaries"] if row["as_of"]]
        return {"fine": True, "as_of": min(moments, default=None)}
    first = problems[0]
    return {
        "fine": False,
        "since": first["since"],
        "what": f"{first['name']}: {first['text']}",
        "remedy": first["remedy"],
        "others": len(problems) - 1,
    }


def _asked(status: Status) -> Iterator[Line]:
    for name, reason in status["unanswered"].items():
        text = f"{name} could not be asked: {reason}"
        yield _wrong("unanswered", text)
    for name in status["forbidden"]:
        yield Line(name.capitalize(), "this role may not ask: the owner and analytics_worker may")


def _full(sentence: str) -> Iterator[Line]:
    """A log-in that fails has no code, only words: a server without room may take nobody."""
    if os.strerror(errno.ENOSPC) in sentence:
        yield _wrong("disk_full", "The analytics server's disk is full: make room there.")


def _room(status: Status) -> Iterator[Line]:
    for sentence in status["disk"]:
        yield _wrong("disk_full", sentence)


def _set_aside(status: Status) -> Iterator[Line]:
    """Not wrong, as nothing of ours can mend it; analytics.unusable_row lists all of them."""
    for entry in status["unusable"]:
        count = "1 row" if entry["rows"] == 1 else f"{entry['rows']:,} rows"
        ids = ", ".join(map(str, entry["ids"])) + ("…" if entry["rows"] > len(entry["ids"]) else "")
        yield Line(
            "Set aside",
            entry["as_bytes"]
            or f"{count} of {entry['table']} can't be counted (id {ids}): {entry['reason']}",
        )


def _found_later(status: Status) -> Iterator[Line]:
    """Not wrong: what happened while nobody looked has no better day."""
    for row in status["journals"]:
        count = "1 entry" if row["entries"] == 1 else f"{row['entries']:,} entries"
        first, last = _clock(row["first_at"]), _clock(row["last_at"])
        yield Line(
            "Journal",
            f"{count} of {row['journal']} found later than it happened, "
            + (f"at {last}" if first == last else f"from {first} to {last}")
            + ": counted on that day",
        )


_SAID_ELSEWHERE = ("part_silent_seconds", "replication_trouble_seconds", "replication_age_seconds")
"""Readings that other sections know more about."""


def _readings(status: Status) -> Iterator[Line]:
    """Only what is wrong: the table says the rest."""
    errors = {row["family"]: row["rebuild_error"] for row in status["summaries"]}
    readings = [Reading(**row) for row in status["readings"]]
    for alarm, level, reading in ringing(readings):
        if reading.name in _SAID_ELSEWHERE:
            continue
        text = alarm.sentence(reading, duration(reading.value), _clock(reading.since))
        if alarm.name == "rebuild_failed":
            text = f"{text}: {errors.get(reading.label)}"
        remedy = alarm.remedy.format(label=reading.label)
        yield _wrong(alarm.name, text, level, since=reading.since, remedy=remedy)


def _waits(status: Status) -> Iterator[Line]:
    for sentence in status["blockers"]:
        yield _wrong("lock_held", sentence)
    for sentence in status["snapshots"]:
        yield _wrong("snapshot_held", sentence, "warning")


def is_late(row: dict[str, Any]) -> bool:
    return row["lag_seconds"] is None or row["lag_seconds"] > row["ttl_seconds"]


def _days(status: Status) -> Iterator[Line]:
    """Not wrong: it may concern no day that is asked for, and `init` says it too."""
    if status["zone"]:
        name, difference = status["zone"]["timezone"], status["zone"]["difference"]
        yield Line("Zone", difference or f"{name}, by the rules of tz {status['tz_release']}")


def _mirror(status: Status) -> Iterator[Line]:
    until = status["replicated_until"]
    if until:
        yield Line("Mirror", f"holds what was committed by {_clock(until)}")
    elif "replication" not in (*status["unanswered"], *status["forbidden"]):
        yield _wrong("mirror_behind", BEHIND)
    if status["trouble"]:
        since = status["trouble_since"]
        yield _wrong(
            "replication_broken", f"since {_clock(since)}: {status['trouble']}", since=since
        )
    compared = _clock(status["mirror_audited_at"])
    found = f"{status['mirror_incidents']:,} rows differed so far"
    yield Line("Mirror", f"compared with MentorHub: {compared}, {found}")


def _redis(status: Status) -> Iterator[Line]:
    if status["broker"] is None:
        yield Line("Broker", "REDIS_URL is not set here: it was not asked")
    elif status["broker"]:
        yield Line("Broker", "answers")
    else:
        yield _wrong("redis_away", status["broker_trouble"])


def _parts(status: Status) -> Iterator[Line]:
    for part, row in status["parts"].items():
        alarm, seen = ALARMS[f"{part}_silent"], row["seen_at"]
        process = row.get("process")
        state = f" (process {row['pid']} {process})" if process else ""
        text = f"last heard of: {_clock(seen)}{state}"
        if row["alive"]:
            yield Line(alarm.part, f"at work: {', '.join(row['hosts'])}")
        elif part == "api" and seen is None:
            # an API that reads a replica is not seen from here
            yield Line(alarm.part, text)
        else:
            level = alarm.level(_age(seen)) or "warning"
            remedy = f"kill -CONT {row['pid']}" if process == lives.STOPPED else alarm.remedy
            yield _wrong(alarm.name, text, level, since=seen, remedy=remedy)


_SECTIONS: tuple[Callable[[Status], Iterator[Line]], ...] = (
    _room,
    _asked,
    _waits,
    _readings,
    _set_aside,
    _found_later,
    _days,
    _mirror,
    _redis,
    _parts,
)


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
    """What `collect` found, for people: 80 columns are enough."""
    grid = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    for header in _HEADERS:
        justify = "left" if header == "Summary" else "right"
        grid.add_column(header, justify=justify, no_wrap=True)
    for row in status["summaries"]:
        wrong = row["open_incidents"] or row["drift"]
        grid.add_row(
            row["summary"],
            _short(row["as_of"]),
            Text(duration(row["lag_seconds"]), "red" if is_late(row) else "green"),
            f"{row['pending']:,}",
            f"{row['rows']:,}",
            Text(_short(row["rebuilt_at"], "%H:%M"), "red" if row["rebuild_error"] else ""),
            duration(row["rebuild_seconds"]),
            _short(row["whole_audited_at"], "%H:%M"),
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
        return Text(f"Fine: every answer is right as of {_clock(verdict['as_of'])}.", "green")
    since = f" since {_clock(verdict['since'])}" if verdict["since"] else ""
    what = verdict["what"] if verdict["what"].endswith(("?", ".")) else f"{verdict['what']}."
    remedy = f" Type `{verdict['remedy']}`." if verdict["remedy"] else ""
    others = f" And {verdict['others']} more, below." if verdict["others"] else ""
    return Text(f"Wrong{since}: {what}{remedy}{others}", "red")


_COLOURS: dict[Level | None, str] = {None: "", "warning": "yellow", "page": "red"}


def _shown(line: Line) -> Text:
    return Text.assemble(f"{line.name:<8} ", (line.text, _COLOURS[line.level]))


def _number(count: int | None) -> str:
    return "" if count is None else f"{count:,}"


def _rows(connection: Connection, query: str) -> list[dict[str, Any]]:
    rows = run(connection, query).fetchall()
    return [{name: _for_json(value) for name, value in row.items()} for row in rows]


def _for_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _replica(settings: Settings) -> list[tuple[str, datetime]]:
    """When an API was seen at the replica, by who has the same address as here."""
    if not settings.read_database_url:
        return []
    try:
        with connect(
            settings.read_database_url, options=_OPTIONS, connect_timeout=2, patience=BUDGET
        ) as replica:
            return replica.execute("SELECT host, seen_at FROM analytics.api_seen()").fetchall()
    except (psycopg.Error, ConfigurationError):
        return []


def _add_replica(seen: list[tuple[str, datetime]], parts: dict[str, dict[str, Any]]) -> None:
    """An API that reads a replica is seen there."""
    if "api" not in parts:
        return
    for host, moment in seen:
        alive = _age(moment.isoformat()) < SILENT
        parts["api"] = {"seen_at": moment.isoformat(), "alive": alive, "hosts": [host] * alive}
        parts["api"] |= {"host": host, "pid": None}


def _api_answers(settings: Settings) -> bool | None:
    """None where no stack of this home says where its API is."""
    stack = running_stack(settings.home)
    return lives.api(stack["api_url"], seconds=BUDGET) if stack else None


def _broker(settings: Settings) -> dict[str, Any]:
    """`broker` is None where its address is nobody's business here, as in the guard's container."""
    if not settings.redis_url:
        return {"broker": None, "broker_trouble": None}
    trouble = broker_trouble(settings)
    return {"broker": trouble is None, "broker_trouble": trouble}


def _age(moment: str | None) -> float:
    """Seconds since then."""
    if moment is None:
        return inf
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()


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
