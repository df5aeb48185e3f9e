"""Every alarm: what rings it, what it says, what to type. From the cause to the symptom.

`analytics status` says them, docker/prometheus/alerts.yml rings them, and docs/runbook.md explains.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

Level = Literal["warning", "page"]


@dataclass(frozen=True)
class Alarm:
    """`part`: of the stack or of its work, as `analytics status` lists it.

    `says`: a sentence of {label}, {value}, {age} (a duration) and {since} (a clock).
    `remedy`: what to type; empty where what is found says it. The runbook tells more.
    `reading`, `label`: which readings (analytics.readings) it looks at; without one only a look at
    the servers tells, as `analytics status` takes it.
    `warning`, `page`: the reading above which it rings.
    `holds`: seconds that the warning has to last: who looks only once doesn't hear of it.
    """

    name: str
    part: str
    says: str
    remedy: str = ""
    reading: str | None = None
    label: str | None = None
    warning: float | None = None
    page: float | None = None
    holds: int = 0

    def sentence(self, reading: "Reading", age: str, since: str) -> str:
        return self.says.format(label=reading.label, value=reading.value, age=age, since=since)

    def level(self, value: float) -> Level | None:
        """How loud it rings at that reading, for who looks once."""
        if self.page is not None and value > self.page:
            return "page"
        if self.warning is not None and value > self.warning and not self.holds:
            return "warning"
        return None


class Reading(NamedTuple):
    """A number of now, and since when it is so where that is known."""

    name: str
    label: str
    value: float
    since: str | None


class Ringing(NamedTuple):
    """An alarm and the reading that rings it."""

    alarm: Alarm
    level: Level
    reading: Reading


SILENT = 8
"""Seconds without a sign of life, which comes every other second; sql/status/parts.sql too."""

_PERIOD = 2
"""Seconds between two looks of beat at its schedule."""

_MINUTE, _HOUR = 60, 3600


def _silent(part: str, title: str, starts: str, *, page: float = 2 * _MINUTE) -> Alarm:
    return Alarm(
        f"{part}_silent",
        title,
        says=f"The {part} was last heard of {{age}} ago",
        remedy=starts,
        reading="part_silent_seconds",
        label=part,
        warning=SILENT,
        page=page,
    )


ALARMS = {
    alarm.name: alarm
    for alarm in (
        Alarm(
            "database_away",
            "Database",
            says="Our database does not answer",
            reading="database_away",
            page=0,
        ),
        Alarm("disk_full", "Disk", says="The analytics server's disk is full"),
        Alarm("lock_held", "Locks", says="Somebody keeps others waiting"),
        Alarm("snapshot_held", "Locks", says="Somebody has had a transaction open for minutes"),
        Alarm("redis_away", "Broker", says="Redis takes no messages"),
        _silent("worker", "Workers", "celery -A workers.app worker"),
        _silent("beat", "Beat", "celery -A workers.app beat", page=10 * _PERIOD),
        _silent("relay", "Relay", "analytics relay"),
        _silent("guard", "Guard", "analytics guard"),
        _silent("api", "API", "analytics serve"),
        Alarm(
            "replication_broken",
            "Mirror",
            says="Replication is not well, says the guard, since {since}",
            remedy="analytics init",
            reading="replication_trouble_seconds",
            warning=0,
            page=5 * _MINUTE,
        ),
        Alarm(
            "mirror_behind",
            "Mirror",
            says="Replication is behind or down; "
            "the analytics server's log and `analytics init` say why",
            remedy="analytics init",
            reading="replication_age_seconds",
            warning=30,
            page=2 * _MINUTE,
        ),
        Alarm(
            "apply_error",
            "Mirror",
            says="MentorHub's changes failed to be applied {value:,.0f} times in a row",
            remedy="analytics init",
            reading="apply_errors",
            page=0,
        ),
        Alarm(
            "slot_inactive",
            "Mirror",
            says="Nobody has read MentorHub's replication slot for {age}",
            remedy="analytics guard",
            reading="slot_inactive_seconds",
            warning=_MINUTE,
            page=5 * _MINUTE,
        ),
        Alarm(
            "wal_retained",
            "Mirror",
            says="MentorHub keeps {value:.0%} of the WAL that it may keep for us",
            remedy="analytics guard",
            reading="wal_retained_share",
            warning=0.5,
            page=0.8,
        ),
        Alarm(
            "rebuild_stuck",
            "Rebuild",
            says="A rebuild has made no progress for {age}",
            remedy="celery -A workers.app worker",
            reading="rebuild_silent_seconds",
            warning=10 * _MINUTE,
            page=30 * _MINUTE,
        ),
        Alarm(
            "rebuild_failed",
            "Rebuild",
            says="The last rebuild of {label} was given up",
            remedy="analytics rebuild {label}",
            reading="rebuild_failed",
            warning=0,
        ),
        Alarm(
            "tasks_failing",
            "Workers",
            says="{value:.0%} of the tasks failed in the last 10 minutes",
            reading="failed_task_share",
            warning=0.05,
            page=0.5,
        ),
        Alarm(
            "pending_old",
            "Answers",
            says="A change has waited for {age} to be counted in {label}",
            remedy="analytics refresh",
            reading="pending_age_seconds",
            warning=5,
            page=_MINUTE,
            holds=_MINUTE,
        ),
        Alarm(
            "as_of_old",
            "Answers",
            says="{label}: {value:.0%} of the promised staleness has passed; right as of {since}",
            remedy="analytics refresh",
            reading="as_of_share",
            warning=0.5,
            page=1,
        ),
        Alarm(
            "points_refused",
            "Series",
            says="The time-series database has taken no points for {age}; "
            "the worker's log says why",
            remedy='curl -i --data "" "$ANALYTICS_LINE_PROTOCOL_URL"',
            reading="points_refused_seconds",
            warning=5 * _MINUTE,
        ),
        Alarm(
            "drift",
            "Audit",
            says="Wrong rows were found in {label}: {value:,.0f}",
            remedy="analytics audit && analytics acknowledge",
            reading="drift_open_rows",
            page=0,
        ),
        Alarm(
            "audit_old",
            "Audit",
            says="{label} was last compared as a whole {age} ago",
            remedy="analytics audit {label}",
            reading="audit_age_seconds",
            warning=26 * _HOUR,
            page=50 * _HOUR,
        ),
        Alarm(
            "unanswered",
            "Database",
            says="Our database did not answer a question of `analytics status` in time",
            remedy="analytics status --watch",
        ),
        Alarm(
            "streams_full",
            "API",
            says="{value:.0%} of the API's streams are taken",
            reading="streams_share",
            warning=0.8,
            page=0.95,
        ),
    )
}
"""By name; whoever finds several of them names the first: the others may follow from it."""


def ringing(readings: Iterable[Reading]) -> Iterator[Ringing]:
    """Which alarms these readings ring, causes first, of one alarm the highest reading first."""
    found = sorted(readings, key=lambda reading: -reading.value)
    for alarm in ALARMS.values():
        for reading in found:
            if reading.name == alarm.reading and alarm.label in {None, reading.label}:
                level = alarm.level(reading.value)
                if level:
                    yield Ringing(alarm, level, reading)


_WHOLE_SECONDS = 10
"""From here on nobody asks for tenths."""

_UNITS = (("d", 86400), ("h", 3600), ("min", 60))


def duration(seconds: float | None) -> str:
    """For people; empty where there is none."""
    if seconds is None:
        return ""
    for unit, length in _UNITS:
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}"
    return f"{seconds:.0f} s" if seconds >= _WHOLE_SECONDS else f"{seconds:.1f} s"
