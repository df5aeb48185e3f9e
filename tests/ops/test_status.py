"""`analytics status`: what it finds, for machines and for people."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from rich.console import Console

from ops.local.embedded import Postgres, Redis
from ops.status import collect
from ops.status.display import table
from ops.status.questions import Status
from shared import timezones
from shared.database import Connection, connect
from shared.errors import ConfigurationError
from shared.registry import FAMILIES, SUMMARIES
from shared.settings import Settings
from tests.support.world import USERS, fill
from workers.audit import audit
from workers.pulse import Pulse
from workers.rebuild import rebuild

NOBODY = "redis://127.0.0.1:1/0"

KEYS: dict[str, type | tuple[type, ...]] = {
    "summary": str,
    "family": str,
    "as_of": str,
    "lag_seconds": float,
    "ttl_seconds": float,
    "pending": int,
    "rows": int,
    "rebuilt_at": str,
    "rebuild_seconds": float,
    "rebuild_reason": str,
    "rebuild_error": (str, type(None)),
    "audited_at": (str, type(None)),
    "whole_audited_at": (str, type(None)),
    "audited_percent": (int, type(None)),
    "incident_at": (str, type(None)),
    "open_incidents": int,
    "place": int,
    "drift": (int, type(None)),
    "incidents": int,
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Nobody answers at the broker, which is the quickest."""
    return replace(settings, redis_url=NOBODY)


@pytest.fixture
def ours(settings: Settings) -> Iterator[Connection]:
    with connect(settings.analytics_url()) as connection:
        fill(connection)
        rebuild(settings)
        yield connection


def by_summary(status: Status) -> dict[str, dict[str, Any]]:
    return {entry["summary"]: entry for entry in status["summaries"]}


def text(status: Status, width: int = 80) -> str:
    console = Console(width=width)
    with console.capture() as captured:
        console.print(table(status))
    return captured.get()


@pytest.mark.usefixtures("ours")
def test_the_json_has_an_entry_for_every_summary_with_these_keys(settings: Settings) -> None:
    status = json.loads(json.dumps(collect(settings)))
    assert status.keys() == {
        *("verdict", "problems", "summaries", "parts", "unanswered", "forbidden"),
        *("disk", "blockers", "snapshots", "unusable", "journals", "zone", "tz_release"),
        *("broker", "broker_trouble", "workers", "relay", "last_beat", "looked_at"),
        *("replicated_until", "refusal", "trouble", "trouble_since", "readings"),
        *("mirror_audited_at", "mirror_incidents", "open_mirror_incidents"),
    }
    assert [entry["summary"] for entry in status["summaries"]] == list(SUMMARIES)
    for entry in status["summaries"]:
        assert entry.keys() == KEYS.keys()
        for key, value in entry.items():
            assert isinstance(value, KEYS[key]), (entry["summary"], key)
    moments = [entry[key] for entry in status["summaries"] for key in ("as_of", "rebuilt_at")]
    assert all(datetime.fromisoformat(moment).tzinfo for moment in moments)


def test_the_values_are_those_of_the_last_fold_rebuild_and_audit(
    ours: Connection, settings: Settings
) -> None:
    ours.execute("DELETE FROM public.users WHERE id = 1")
    begin = datetime.now(UTC)
    rebuild(settings, ["engagement", "user_growth"])
    audit(settings, ["user_engagement"], repair=False)
    status = collect(settings)
    found = by_summary(status)
    young, other = found["user_engagement"], found["session_day"]
    assert young["rows"] == len(USERS) - 1
    assert young["rebuild_reason"] == "request"
    for key in ("as_of", "rebuilt_at", "audited_at"):
        assert begin < datetime.fromisoformat(young[key]) <= datetime.now(UTC), key
    assert 0 < young["rebuild_seconds"] < 10
    assert 0 < young["lag_seconds"] < 60
    assert (young["ttl_seconds"], young["rebuild_error"]) == (FAMILIES["engagement"].ttl, None)
    assert (young["pending"], young["drift"], young["incidents"]) == (0, 0, 0)
    assert (other["rows"], other["as_of"]) == (3, young["as_of"])
    assert datetime.fromisoformat(other["rebuilt_at"]) < begin


def test_what_a_journal_found_later_than_it_happened_is_said_for_30_days_and_is_not_wrong(
    ours: Connection, settings: Settings
) -> None:
    assert collect(settings)["journals"] == []
    ours.execute(
        "INSERT INTO kept.payment_journal"
        " (happened_at, found_by, payment_id, currency, earned, refunded)"
        " SELECT now() - n * interval '8 days', 'comparison', 7, 'RUB', sign, 0"
        " FROM generate_series(1, 6) AS n CROSS JOIN (VALUES (1), (-1)) AS gone (sign)"
    )
    ours.execute(
        "INSERT INTO kept.subscription_journal"
        " (happened_at, found_by, subscription_id, currency, amount, becomes)"
        " VALUES (now(), 'comparison', 7, 'RUB', 1, 1), (now(), 'fold', 7, 'RUB', -1, 0)"
    )
    status = collect(settings)
    assert [(row["journal"], row["entries"]) for row in status["journals"]] == [
        ("payment_journal", 6),
        ("subscription_journal", 1),
    ]
    assert "Journal" not in {problem["name"] for problem in status["problems"]}
    said = " ".join(text(status, width=200).split())
    assert "Journal 6 entries of payment_journal found later than it happened, from" in said
    assert "Journal 1 entry of subscription_journal found later than it happened, at" in said


def test_what_waits_to_be_folded_is_counted_for_the_summaries_that_need_it(
    ours: Connection, settings: Settings
) -> None:
    ours.execute("UPDATE public.sessions SET duration_minutes = 1")
    found = by_summary(collect(settings))
    assert found["session_day"]["pending"] == found["mentor_ranking"]["pending"] == 6
    assert found["user_day"]["pending"] == found["payment_day"]["pending"] == 0


def test_drift_that_an_audit_found_is_shown_until_the_next_audit(
    ours: Connection, settings: Settings
) -> None:
    ours.execute("UPDATE analytics.session_day SET sessions = sessions + 1")
    audit(settings, ["session_day"], repair=True)
    assert by_summary(collect(settings))["session_day"]["drift"] == 3
    audit(settings, ["session_day"], repair=True)
    found = by_summary(collect(settings))["session_day"]
    assert (found["drift"], found["incidents"]) == (0, 3)


def test_a_wrong_row_is_named_until_somebody_takes_note_of_it(
    ours: Connection, settings: Settings
) -> None:
    ours.execute("UPDATE analytics.session_day SET sessions = sessions + 1")
    for _ in range(2):  # the first finds and repairs them, the second finds all to be right
        audit(settings, ["session_day"], repair=True)
        assert "Wrong rows were found in session_day: 3" in said(settings)
    assert ours.execute("SELECT control.acknowledge()").fetchone() == (3,)
    assert "wrong rows" not in said(settings)
    assert ours.execute("SELECT control.acknowledge()").fetchone() == (0,)


def test_audited_says_since_when_all_of_a_summary_was_compared(
    ours: Connection, settings: Settings
) -> None:
    ours.execute(
        "INSERT INTO public.users (id, username, role, is_active, is_verified, created_at)"
        " SELECT id, id, 'STUDENT', true, true, now() FROM generate_series(10001, 12500) AS id"
    )
    rebuild(settings, ["engagement"])
    ours.execute("DELETE FROM control.audited")
    ours.execute("ANALYZE analytics.user_engagement")
    begun = datetime.now(UTC)

    def round_of_one_part() -> dict[str, Any]:
        audit(settings, ["user_engagement"], repair=True, rolling=True)
        return by_summary(collect(settings))["user_engagement"]

    first = round_of_one_part()
    assert first["whole_audited_at"] is None
    assert 0 < first["audited_percent"] < 50
    after_first = datetime.now(UTC)
    assert round_of_one_part()["whole_audited_at"] is None
    whole = datetime.fromisoformat(round_of_one_part()["whole_audited_at"])
    assert begun < whole < after_first, "the part that has waited longest counts"
    assert datetime.fromisoformat(round_of_one_part()["whole_audited_at"]) == whole


def test_each_part_is_known_by_its_last_sign_of_life(ours: Connection, settings: Settings) -> None:
    assert collect(settings)["last_beat"] is None
    begin = datetime.now(UTC)
    for part in ("worker", "beat", "relay", "guard"):
        give_a_sign(settings, part)
    found = collect(settings)
    assert datetime.fromisoformat(found["last_beat"]) > begin
    assert [part for part, row in found["parts"].items() if row["alive"]] == [
        *("worker", "beat", "relay", "guard")
    ]
    ours.execute("UPDATE control.part SET seen_at = seen_at - interval '10 s' WHERE name = 'relay'")
    found = collect(settings)
    assert not found["relay"]
    assert [line["name"] for line in found["problems"]] == ["Broker", "Relay"]
    assert "Relay    last heard of: " in text(found)


def test_the_api_is_known_by_its_looks_and_remembered_when_it_is_gone(
    ours: Connection, settings: Settings
) -> None:
    with connect(settings.analytics_url(), application_name="analytics api") as api:
        api.execute("SELECT")
        assert collect(settings)["parts"]["api"]["alive"]
        give_a_sign(settings, "guard")
    ours.execute("UPDATE control.part SET seen_at = seen_at - interval '10 s' WHERE name = 'api'")
    found = collect(settings)["parts"]["api"]
    assert found["seen_at"]
    assert not found["alive"]


@pytest.mark.parametrize("role", ["analytics_reader", "analytics_worker"])
@pytest.mark.usefixtures("ours")
def test_every_role_may_ask(settings: Settings, role: str, postgres: Postgres) -> None:
    postgres.allow_login(role)
    url = settings.analytics_url().replace("postgres@", f"{role}@")
    found = collect(replace(settings, analytics_database_url=url, redis_url=None))
    assert [entry["summary"] for entry in found["summaries"]] == list(SUMMARIES)
    assert found["broker"] is None
    assert found["forbidden"] == (
        ["blockers", "snapshots", "replication"] if role == "analytics_reader" else []
    )
    assert found["unanswered"] == {}


def give_a_sign(settings: Settings, part: str) -> None:
    with closing(Pulse(settings, part)) as pulse:
        pulse.beat()


def said(settings: Settings) -> str:
    return text(collect(settings), 200)


def test_what_the_guard_sees_is_said(ours: Connection, settings: Settings) -> None:
    ours.execute("UPDATE control.health SET since = now(), sentence = 'The slot is gone.'")
    assert ": The slot is gone." in text(collect(settings))


def test_the_zone_is_said_with_its_rules_and_where_the_server_has_others(
    ours: Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours.execute("UPDATE analytics.reporting SET timezone = 'Europe/Moscow'")
    assert f"Zone     Europe/Moscow, by the rules of tz {timezones.RELEASE}" in said(settings)
    other = [offset + 3600 for offset in timezones.offsets("Europe/Moscow")]
    monkeypatch.setattr(timezones, "offsets", lambda _: other)
    found = " ".join(said(settings).split())
    assert f"rules for Europe/Moscow are not those of tz {timezones.RELEASE}: they differ" in found


def test_a_failed_rebuild_shows_until_one_succeeds(ours: Connection, settings: Settings) -> None:
    ours.execute("ALTER TABLE analytics.session_day ADD CHECK (minutes > 1) NOT VALID")
    ours.execute("UPDATE public.sessions SET duration_minutes = 1")
    with pytest.raises(psycopg.errors.CheckViolation):
        rebuild(settings, ["sessions"])
    status = collect(settings)
    assert "check constraint" in by_summary(status)["mentor_ranking"]["rebuild_error"]
    assert by_summary(status)["user_day"]["rebuild_error"] is None
    assert "The last rebuild of sessions was given up: new row for relation" in text(status)
    ours.execute("ALTER TABLE analytics.session_day DROP CONSTRAINT session_day_minutes_check")
    rebuild(settings, ["sessions"])
    assert "given up" not in text(collect(settings))


def test_without_broker_or_worker_it_says_so(
    settings: Settings, ours: Connection, tmp_path: Path
) -> None:
    del ours
    status = collect(settings)
    assert (status["broker"], status["workers"], status["last_beat"]) == (False, [], None)
    assert "Broker   Redis does not answer" in text(status)
    assert "Beat     last heard of: never" in text(status)
    assert text(status).startswith("Wrong: Broker: Redis does not answer")
    with Redis(tmp_path) as redis:
        status = collect(replace(settings, redis_url=redis.url()))
    assert (status["broker"], status["workers"]) == (True, [])
    assert "Workers  last heard of: never" in text(status)


def test_a_database_without_analytics_is_told_to_be_installed(settings: Settings) -> None:
    with connect(settings.analytics_url()) as connection:
        connection.execute("DROP SCHEMA control CASCADE")
    with pytest.raises(ConfigurationError, match="run `analytics init`"):
        collect(settings)


NOW = datetime.now().astimezone().replace(hour=12, minute=34, second=56)


def entry(summary: str, **values: Any) -> dict[str, Any]:
    return {
        "summary": summary,
        "family": SUMMARIES[summary].name,
        "as_of": NOW.astimezone(UTC).isoformat(),
        "lag_seconds": 12.34,
        "ttl_seconds": 300.0,
        "rows": 98_765_432,
        "rebuilt_at": NOW.astimezone(UTC).isoformat(),
        "rebuild_seconds": 0.12,
        "rebuild_reason": "nightly",
        "rebuild_error": None,
        "pending": 7_000,
        "audited_at": NOW.astimezone(UTC).isoformat(),
        "whole_audited_at": NOW.astimezone(UTC).isoformat(),
        "drift": 0,
        "incidents": 0,
        "open_incidents": 0,
        "incident_at": None,
    } | values


NOBODY_AT_WORK: Status = {
    "verdict": {"fine": True, "as_of": NOW.isoformat()},
    "parts": {},
    "broker": True,
    "broker_trouble": None,
    "replicated_until": None,
    "trouble": None,
    "trouble_since": None,
    "refusal": None,
    "mirror_audited_at": None,
    "mirror_incidents": 0,
    "open_mirror_incidents": 0,
    "unanswered": {},
    "forbidden": [],
    "disk": [],
    "blockers": [],
    "snapshots": [],
    "unusable": [],
    "journals": [],
    "zone": None,
    "tz_release": "2026f",
    "readings": [],
}


def test_the_table_fits_80_columns_with_everything_as_long_as_it_gets() -> None:
    long_ago = NOW.replace(year=2024, month=9, day=30).isoformat()
    old = {
        "as_of": long_ago,
        "lag_seconds": 119.9,
        "rebuilt_at": long_ago,
        "whole_audited_at": long_ago,
    }
    lines = text(
        NOBODY_AT_WORK
        | {
            "summaries": [entry(name, **old, rebuild_seconds=119.4) for name in SUMMARIES],
            "parts": {
                "worker": {
                    "alive": True,
                    "hosts": ["0123456789ab", "ba9876543210"],
                    "seen_at": long_ago,
                },
                "beat": {"alive": False, "hosts": [], "seen_at": long_ago},
            },
        }
    ).splitlines()
    assert "…" not in "".join(lines)
    assert max(map(len, lines)) <= 80
    assert lines[0] == "Fine: every answer is right as of 12:34:56."
    assert " ".join(lines[2].split()) == ("Summary As of Lag Pending Rows Rebuilt Took Whole Drift")
    rows = [" ".join(line.split()) for line in lines[4 : 4 + len(SUMMARIES)]]
    cells = "30 Sep 120 s 7,000 98,765,432 30 Sep 119 s 30 Sep 0"
    assert rows == [f"{name} {cells}" for name in SUMMARIES]
    assert lines[-3:] == [
        "Broker   answers",
        "Workers  at work: 0123456789ab, ba9876543210",
        "Beat     last heard of: 30 Sep 12:34",
    ]


def test_of_many_answers_with_the_same_fault_the_two_that_have_it_longest_are_named() -> None:
    readings = [
        {"name": "pending_age_seconds", "label": f"metric_{age}", "value": age, "since": None}
        for age in (70, 90, 300, 80)
    ]
    lines = text(NOBODY_AT_WORK | {"summaries": [], "readings": readings}).splitlines()

    assert [line for line in lines if line.startswith("Answers")] == [
        "Answers  A change has waited for 5 min to be counted in metric_300",
        "Answers  A change has waited for 90 s to be counted in metric_90",
        "Answers  and 2 more like these two: --json names them",
    ]


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({}, "user_day 12:34:56 12 s 7,000 98,765,432 12:34 0.1 s 12:34 0"),
        (
            {"rows": 0, "lag_seconds": 180.0, "pending": 0, "drift": 12_345},
            "user_day 12:34:56 3 min 0 0 12:34 0.1 s 12:34 12,345",
        ),
        (
            {"lag_seconds": 36000.0},
            "user_day 12:34:56 10 h 7,000 98,765,432 12:34 0.1 s 12:34 0",
        ),
        (
            {"as_of": (NOW - timedelta(days=40)).isoformat(), "lag_seconds": 40 * 86400.0},
            f"user_day {NOW - timedelta(days=40):%d %b} 40 d 7,000 98,765,432 12:34 0.1 s 12:34 0",
        ),
        (
            dict.fromkeys(
                (
                    "as_of",
                    "lag_seconds",
                    "rebuilt_at",
                    "rebuild_seconds",
                    "whole_audited_at",
                    "drift",
                )
            ),
            "user_day never 7,000 98,765,432 never never",
        ),
    ],
)
def test_a_line_of_the_table_tells_clock_lag_and_duration_for_people(
    values: dict[str, Any], line: str
) -> None:
    shown = text(NOBODY_AT_WORK | {"summaries": [entry("user_day", **values)]})
    assert shown.splitlines()[4].split() == line.split()
