"""`analytics status`: what it finds, for machines and for people."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from rich.console import Console

from ops.embedded import Redis
from ops.status import Status, collect, table
from shared.database import Connection, connect
from shared.errors import ConfigurationError
from shared.registry import FAMILIES, SUMMARIES
from shared.settings import Settings
from tests.api.world import USERS, fill
from workers.rebuild import rebuild

NOBODY = "redis://127.0.0.1:1/0"

KEYS: dict[str, type | tuple[type, ...]] = {
    "summary": str,
    "family": str,
    "as_of": str,
    "lag_seconds": float,
    "ttl_seconds": float,
    "rows": int,
    "rebuilt_at": str,
    "rebuild_seconds": float,
    "rebuild_reason": str,
    "rebuild_error": (str, type(None)),
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
    assert status.keys() == {"summaries", "broker", "workers", "last_beat", "replicated_until"}
    assert [entry["summary"] for entry in status["summaries"]] == list(SUMMARIES)
    for entry in status["summaries"]:
        assert entry.keys() == KEYS.keys()
        for key, value in entry.items():
            assert isinstance(value, KEYS[key]), (entry["summary"], key)
    moments = [entry[key] for entry in status["summaries"] for key in ("as_of", "rebuilt_at")]
    assert all(datetime.fromisoformat(moment).tzinfo for moment in moments)


def test_the_values_are_those_of_the_last_rebuild(ours: Connection, settings: Settings) -> None:
    ours.execute(
        "UPDATE analytics.freshness SET as_of = as_of - interval '1 hour' WHERE family = 'sessions'"
    )
    ours.execute("DELETE FROM public.users WHERE id = 1")
    begin = datetime.now(UTC)
    rebuild(settings, ["engagement", "user_growth"], reason="schedule", max_age=1e-6)
    status = collect(settings)
    found = by_summary(status)
    young, old = found["user_engagement"], found["session_day"]
    assert young["rows"] == len(USERS) - 1
    assert young["rebuild_reason"] == "schedule"
    assert begin < datetime.fromisoformat(young["as_of"]) <= datetime.now(UTC)
    assert begin < datetime.fromisoformat(young["rebuilt_at"])
    assert begin < datetime.fromisoformat(status["last_beat"])
    assert 0 < young["rebuild_seconds"] < 10
    assert 0 < young["lag_seconds"] < 60
    assert (young["ttl_seconds"], young["rebuild_error"]) == (FAMILIES["engagement"].ttl, None)
    assert (old["rows"], old["rebuild_reason"]) == (3, "request")
    assert old["lag_seconds"] > 3600
    assert found["mentor_ranking"]["as_of"] == old["as_of"]


def test_a_failed_rebuild_shows_until_one_succeeds(ours: Connection, settings: Settings) -> None:
    ours.execute("ALTER TABLE analytics.session_day ADD CHECK (sessions > 1) NOT VALID")
    ours.execute("UPDATE public.sessions SET duration_minutes = 1")
    with pytest.raises(psycopg.errors.CheckViolation):
        rebuild(settings, ["sessions"])
    status = collect(settings)
    assert "check constraint" in by_summary(status)["mentor_ranking"]["rebuild_error"]
    assert by_summary(status)["user_day"]["rebuild_error"] is None
    assert "The last rebuild of sessions was given up: new row for relation" in text(status)
    ours.execute("ALTER TABLE analytics.session_day DROP CONSTRAINT session_day_sessions_check")
    rebuild(settings, ["sessions"])
    assert "given up" not in text(collect(settings))


def test_without_broker_or_worker_it_says_so(
    settings: Settings, ours: Connection, tmp_path: Path
) -> None:
    del ours
    status = collect(settings)
    assert (status["broker"], status["workers"], status["last_beat"]) == (False, [], None)
    assert "Broker   does not answer" in text(status)
    assert "Beat     last rebuild on schedule: never" in text(status)
    with Redis(tmp_path) as redis:
        status = collect(replace(settings, redis_url=redis.url()))
    assert (status["broker"], status["workers"]) == (True, [])
    assert "Workers  none answers" in text(status)


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
        "rebuild_reason": "schedule",
        "rebuild_error": None,
    } | values


def test_the_table_fits_80_columns_with_everything_as_long_as_it_gets() -> None:
    long_ago = NOW.replace(year=2024, month=9, day=30).isoformat()
    old = {"as_of": long_ago, "lag_seconds": 119.9, "rebuilt_at": long_ago}
    lines = text(
        {
            "summaries": [entry(name, **old, rebuild_seconds=119.9) for name in SUMMARIES],
            "broker": True,
            "workers": ["celery@0123456789ab", "celery@ba9876543210"],
            "last_beat": long_ago,
            "replicated_until": None,
        }
    ).splitlines()
    assert "…" not in "".join(lines)
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["Summary", "As", "of", "Lag", "Rows", "Last", "rebuild", "Took"]
    rows = [" ".join(line.split()) for line in lines[2 : 2 + len(SUMMARIES)]]
    cells = "30 Sep 12:34 119.9 s 98,765,432 30 Sep 12:34 119.9 s"
    assert rows == [f"{name} {cells}" for name in SUMMARIES]
    assert lines[-3:] == [
        "Broker   answers",
        "Workers  celery@0123456789ab, celery@ba9876543210",
        "Beat     last rebuild on schedule: 30 Sep 12:34",
    ]


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({}, "user_day 12:34:56 12.3 s 98,765,432 12:34:56 0.1 s"),
        ({"rows": 0, "lag_seconds": 180.0}, "user_day 12:34:56 3 min 0 12:34:56 0.1 s"),
        ({"lag_seconds": 36000.0}, "user_day 12:34:56 10 h 98,765,432 12:34:56 0.1 s"),
        (
            {"as_of": (NOW - timedelta(days=40)).isoformat(), "lag_seconds": 40 * 86400.0},
            f"user_day {NOW - timedelta(days=40):%d %b} 12:34 40 d 98,765,432 12:34:56 0.1 s",
        ),
        (
            {"as_of": None, "lag_seconds": None, "rebuilt_at": None, "rebuild_seconds": None},
            "user_day never 98,765,432 never",
        ),
    ],
)
def test_a_line_of_the_table_tells_clock_lag_and_duration_for_people(
    values: dict[str, Any], line: str
) -> None:
    status: Status = {"broker": True, "workers": [], "last_beat": None, "replicated_until": None}
    shown = text(status | {"summaries": [entry("user_day", **values)]})
    assert shown.splitlines()[2].split() == line.split()
