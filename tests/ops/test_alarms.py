"""Alarms: each is declared once, is rung by its fault, says what to type, and has its chapter."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from ops.status import collect
from shared import sqlfiles
from shared.alarms import ALARMS, Reading, ringing
from shared.database import Connection, connect
from shared.settings import Settings
from tests.support.world import fill
from workers.audit import audit
from workers.pulse import Pulse
from workers.rebuild import rebuild

RUNBOOK = (sqlfiles.ROOT.parent / "docs/runbook.md").read_text()

OF_THE_API = {"database_away", "streams_share"}
"""Readings that an API has of itself."""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, redis_url=None)


@pytest.fixture
def ours(settings: Settings) -> Iterator[Connection]:
    """All is well: calculated, audited, and every part gave a sign of life."""
    with connect(settings.analytics_url()) as connection:
        fill(connection)
        rebuild(settings)
        audit(settings, repair=False)
        connection.execute(
            "INSERT INTO control.part (name, host, seen_at)"
            " SELECT name, 'there', clock_timestamp() + interval '5 min'"
            " FROM unnest(ARRAY['worker', 'beat', 'relay', 'guard', 'api']) AS name"
        )
        yield connection


def rung(settings: Settings) -> dict[str, tuple[str, str, str]]:
    """Level, sentence and remedy of every alarm that `status` rings, the first of each name."""
    found: dict[str, tuple[str, str, str]] = {}
    for problem in collect(settings)["problems"]:
        told = (problem["level"], problem["text"], problem["remedy"])
        found.setdefault(problem["alarm"], told)
    return found


@pytest.mark.usefixtures("ours")
def test_nothing_rings_where_all_is_well(settings: Settings) -> None:
    assert rung(settings) == {}


@pytest.mark.usefixtures("ours")
def test_every_reading_that_an_alarm_looks_at_is_given_by_sql(ours: Connection) -> None:
    definition = sqlfiles.read("install/readings")
    readings = {alarm.reading for alarm in ALARMS.values() if alarm.reading}
    assert {name for name in readings - OF_THE_API if f"'{name}'" not in definition} == set()
    given = {row[0] for row in ours.execute("SELECT name FROM analytics.readings()")}
    assert {"as_of_share", "pending_age_seconds", "part_silent_seconds", "rebuild_failed"} < given


LAG = (
    "UPDATE analytics.freshness SET as_of = clock_timestamp() - ttl * {} WHERE family = 'sessions'"
)
SILENCE = (
    "UPDATE control.part SET seen_at = clock_timestamp() - interval '{1} s' WHERE name = '{0}'"
)
WAITS = "UPDATE public.sessions SET duration_minutes = 1"
SLOT = "UPDATE control.slot SET looked_at = now(), "
AGO = "clock_timestamp() - interval '{}'"
AUDITED = (
    "UPDATE control.audited SET whole_at = clock_timestamp() - interval '{}'"
    " WHERE summary = 'session_day'"
)
REFUSED = "UPDATE control.point_trouble SET since = clock_timestamp() - interval '{}'"
UNFINISHED = (
    "INSERT INTO control.run (id, reason, started_at)"
    " VALUES ('x', 'request', clock_timestamp() - interval '{}')"
)
INCIDENT = (
    "UPDATE control.audited SET incidents = 3, incident_at = now() WHERE summary = 'session_day'"
)
FAILED = (
    "SELECT control.note_tally("
    '\'{{"task refresh": {{"done": 20, "failed": {}, "seconds": 1, "rows": 0}}}}\', \'{{}}\')'
)
FAULTS: dict[tuple[str, str], tuple[str, ...]] = {
    ("as_of_old", "warning"): (LAG.format("0.6"),),
    ("as_of_old", "page"): (LAG.format("1.1"),),
    ("pending_old", "page"): (LAG.format("0.2"), WAITS),
    ("worker_silent", "warning"): (SILENCE.format("worker", 9),),
    ("worker_silent", "page"): (SILENCE.format("worker", 121),),
    ("beat_silent", "warning"): (SILENCE.format("beat", 9),),
    ("beat_silent", "page"): (SILENCE.format("beat", 21),),
    ("relay_silent", "page"): (SILENCE.format("relay", 121),),
    ("guard_silent", "page"): (SILENCE.format("guard", 121),),
    ("api_silent", "page"): (SILENCE.format("api", 121),),
    ("slot_inactive", "warning"): (f"{SLOT} inactive_since = {AGO.format('61 s')}",),
    ("slot_inactive", "page"): (f"{SLOT} inactive_since = {AGO.format('301 s')}",),
    ("wal_retained", "warning"): (f"{SLOT} retained = 51, most = 100",),
    ("wal_retained", "page"): (f"{SLOT} retained = 81, most = 100",),
    ("apply_error", "page"): (f"{SLOT} apply_errors = 1, failing_since = now()",),
    ("points_refused", "warning"): (REFUSED.format("301 s"),),
    ("audit_old", "warning"): (AUDITED.format("27 h"),),
    ("audit_old", "page"): (AUDITED.format("51 h"),),
    ("rebuild_stuck", "warning"): (UNFINISHED.format("11 min"),),
    ("rebuild_stuck", "page"): (UNFINISHED.format("31 min"),),
    ("rebuild_failed", "warning"): (
        "UPDATE control.run SET error = 'no', finished_at = clock_timestamp()",
    ),
    ("replication_broken", "page"): (
        "UPDATE control.health SET since = now() - interval '6 min', sentence = 'It is gone.'",
    ),
    ("drift", "page"): (INCIDENT,),
    ("tasks_failing", "warning"): (FAILED.format(2),),
    ("tasks_failing", "page"): (FAILED.format(11),),
}


@pytest.mark.parametrize(("name", "level"), FAULTS)
def test_an_alarm_rings_at_its_threshold_and_no_other_does(
    ours: Connection, settings: Settings, name: str, level: str
) -> None:
    for statement in FAULTS[name, level]:
        ours.execute(statement.encode())
    found = rung(settings)
    assert found.keys() == {name}
    loud, sentence, remedy = found[name]
    assert loud == level
    assert sentence
    assert bool(remedy) == bool(ALARMS[name].remedy)


def test_every_alarm_with_a_threshold_is_rung_by_some_fault() -> None:
    by_numbers = {alarm.name for alarm in ALARMS.values() if alarm.reading}
    elsewhere = {"database_away", "streams_full", "mirror_behind"}
    assert {name for name, _ in FAULTS} == by_numbers - elsewhere


def test_a_worker_that_is_silent_is_named_before_what_follows_from_it(
    ours: Connection, settings: Settings
) -> None:
    for statement in (LAG.format("1.1"), WAITS, SILENCE.format("worker", 30)):
        ours.execute(statement.encode())
    verdict = collect(settings)["verdict"]
    assert verdict["what"].startswith("Workers: last heard of")
    assert verdict["remedy"] == "celery -A workers.app worker"
    assert verdict["others"] >= 2


def test_a_warning_that_must_last_is_none_for_who_looks_once() -> None:
    waited = Reading("pending_age_seconds", "sessions", 30.0, None)
    assert list(ringing([waited])) == []
    (found,) = ringing([waited._replace(value=61.0)])
    assert (found.alarm.name, found.level) == ("pending_old", "page")


def test_an_incident_stays_until_somebody_takes_note_of_it(
    ours: Connection, settings: Settings
) -> None:
    ours.execute("UPDATE analytics.session_day SET sessions = sessions + 1")
    audit(settings, ["session_day"], repair=True)
    audit(settings, ["session_day"], repair=True)
    level, sentence, _ = rung(settings)["drift"]
    assert (level, sentence) == ("page", "Wrong rows were found in session_day: 3")
    ours.execute("SELECT control.acknowledge()")
    assert rung(settings) == {}


def test_a_process_that_is_stopped_is_told_from_one_that_ended(
    ours: Connection, settings: Settings
) -> None:
    program = "import time; time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", program, "relay"]) as process:
        pulse = Pulse(settings, "relay")
        pulse.beat()
        pulse.close()
        ours.execute("DELETE FROM control.part WHERE name = 'relay' AND host = 'there'")
        ours.execute("UPDATE control.part SET pid = %s WHERE name = 'relay'", [process.pid])
        ours.execute(SILENCE.format("relay", 30).encode())
        assert "is there, but does nothing" in rung(settings)["relay_silent"][1]
        os.kill(process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        _, sentence, remedy = rung(settings)["relay_silent"]
        assert f"(process {process.pid} is stopped)" in sentence
        assert remedy == f"kill -CONT {process.pid}"
        process.kill()
    _, sentence, remedy = rung(settings)["relay_silent"]
    assert "has ended" in sentence
    assert remedy == "analytics relay"


def chapters() -> dict[str, str]:
    parts = re.split(r"^## (.+)$", RUNBOOK, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_runbook_has_a_chapter_for_each_alarm_in_their_order() -> None:
    assert list(chapters()) == list(ALARMS)


@pytest.mark.parametrize("name", ALARMS)
def test_the_chapter_has_what_the_alarm_says_to_type(name: str) -> None:
    assert ALARMS[name].remedy.partition("{")[0].strip() in chapters()[name]
