"""What there is to say of what was found, and what of it is wrong."""

import errno
import os
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ops.local import lives
from ops.status.moments import age, clock
from ops.status.questions import Found, Status
from shared.alarms import ALARMS, Level, Reading, duration, ringing


class Line(NamedTuple):
    """A line about one thing; where it is wrong, by which alarm, how loud, and what to type."""

    name: str
    text: str
    alarm: str | None = None
    level: Level | None = None
    since: str | None = None
    remedy: str = ""


BEHIND = ALARMS["mirror_behind"].says


def problems(said: list[Line]) -> list[dict[str, Any]]:
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


def away(sentence: str, found: Found, broker: dict[str, Any], *, api: bool | None) -> list[Line]:
    """What there is to say where our database doesn't answer; `found` is what it said before."""
    full = _room(found) if found.get("disk") else _full(sentence)
    said = [_wrong("database_away", sentence), *full, *_redis(broker)]
    if api is not None:
        said.append(Line("API", "answers") if api else _wrong("api_silent", "doesn't answer"))
    return said


def lines(status: Status) -> list[Line]:
    """What there is to say besides the table, and what of it is wrong."""
    return [line for section in _SECTIONS for line in section(status)]


def verdict(status: Status, problems: list[dict[str, Any]]) -> dict[str, Any]:
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
        text = f"asked for {name}, it gave {reason}"
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
    """Not _wrong, as nothing of ours can mend it; analytics.unusable_row lists all of them."""
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
        first, last = clock(row["first_at"]), clock(row["last_at"])
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
        text = alarm.sentence(reading, duration(reading.value), clock(reading.since))
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
        yield Line("Mirror", f"holds what was committed by {clock(until)}")
    elif "replication" not in (*status["unanswered"], *status["forbidden"]):
        heard = f". MentorHub answers: {status['refusal']}" if status["refusal"] else ""
        yield _wrong("mirror_behind", f"{BEHIND}{heard}")
    if status["trouble"]:
        since = status["trouble_since"]
        yield _wrong(
            "replication_broken", f"since {clock(since)}: {status['trouble']}", since=since
        )
    compared = clock(status["mirror_audited_at"])
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
        text = f"last heard of: {clock(seen)}{state}"
        if row["alive"]:
            yield Line(alarm.part, f"at work: {', '.join(row['hosts'])}")
        elif part == "api" and seen is None:
            # an API that reads a replica is not seen from here
            yield Line(alarm.part, text)
        else:
            level = alarm.level(age(seen)) or "warning"
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
