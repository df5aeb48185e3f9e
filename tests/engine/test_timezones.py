"""A zone means one thing: to Python, to PostgreSQL, and to whoever set it."""

import os
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared import timezones
from shared.database import Connection
from shared.errors import ConfigurationError
from shared.settings import Settings
from tests.support import dashboard
from tests.support.worlds import Stack, stack, world
from workers import timezone

__all__ = ["stack"]

pytestmark = pytest.mark.skipif(
    "POSTGRES_BINARIES" in os.environ, reason="the zones of the embedded server are looked at"
)


@pytest.mark.parametrize(
    "zone",
    ["America/Winnipeg", "America/Havana", "Europe/Moscow", "Africa/Casablanca", "UTC", "EST5EDT"],
)
def test_the_embedded_server_has_the_rules_of_the_package(ours: Connection, zone: str) -> None:
    timezone.check(ours, zone)
    assert timezone.difference(ours, zone) is None


def test_november_in_winnipeg_has_the_days_of_the_newest_rules(stack: Stack) -> None:
    now = datetime(2026, 11, 10, 18, tzinfo=UTC)
    stack.calculate(world(now, "America/Winnipeg", datetime(2026, 11, 10, 5, 30, tzinfo=UTC)))
    stack.set_clock(now)
    stack.fold()
    assert dashboard.read(stack.admin, "sessions?days=1")["analytics"]["total"] == 1


@pytest.mark.parametrize("zone", ["CET", "EET", "MET", "WET"])
def test_a_zone_that_postgresql_takes_for_a_fixed_offset_is_refused(
    ours: Connection, zone: str
) -> None:
    assert timezones.exists(zone)
    with pytest.raises(ConfigurationError, match="is a fixed offset to PostgreSQL"):
        timezone.check(ours, zone)


@pytest.mark.parametrize(
    "zone",
    [
        "UTC+3",
        "MSK",
        "MSK-3",
        "EST4",
        "<+03>-3",
        "+03",
        "europe/moscow",
        "posixrules",
        "",
        "../UTC",
    ],
)
def test_what_is_no_zone_is_not_one_because_postgresql_takes_it(zone: str) -> None:
    assert not timezones.exists(zone)


def test_other_rules_are_said_with_what_to_do(
    ours: Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = timezones.offsets("Europe/Moscow")
    other = [*ahead[:-10], *(offset + 3600 for offset in ahead[-10:])]
    monkeypatch.setattr(timezones, "offsets", lambda _: other)
    sentence = timezone.difference(ours, replace(settings, timezone="Europe/Moscow").timezone)
    assert sentence
    assert "differ on 10 days from 2040-12-04 to 2040-12-13" in sentence
    assert "analytics rebuild" in sentence
