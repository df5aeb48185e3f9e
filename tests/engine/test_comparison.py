"""`compare=previous` says what each number was a window ago, by a recount in plain Python."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from tests.support import dashboard
from tests.support.oracle import Oracle
from tests.support.worlds import ADMIN_ROW, Stack, World, session, stack, world, worlds

__all__ = ["stack"]

NOON = datetime(2025, 6, 15, 12, tzinfo=UTC)


@hypothesis_settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(world=worlds())
def test_every_comparison_equals_a_recount_also_after_changes_and_midnights(
    stack: Stack, world: World
) -> None:
    for rows in (world.rows, world.next_rows):
        rows["users"].append(ADMIN_ROW)
    stack.calculate(world)
    for rows, now in ((world.rows, world.now), (world.next_rows, world.later)):
        stack.change(rows)
        stack.set_clock(now)
        stack.fold()
        dashboard.check_comparisons(
            stack.admin,
            Oracle(rows, now, world.timezone, world.currency, world.minor_units),
            windows=world.windows,
            currencies=("USD", "XXX"),
        )


def compare(stack: Stack, path: str) -> dict[str, Any]:
    joint = "&" if "?" in path else "?"
    return dashboard.read(stack.admin, f"{path}{joint}compare=previous")["comparison"]


def at_noon(*days_ago: int) -> World:
    """A world in New York with a session on each of those days."""
    return world(NOON, "America/New_York", *(NOON - timedelta(ago) for ago in days_ago))


def test_a_window_is_compared_with_as_many_days_before_it(stack: Stack) -> None:
    stack.calculate(at_noon(0, 6, 7, 13, 13, 13, 14))
    stack.set_clock(NOON)
    comparison = compare(stack, "sessions?days=7")
    assert (comparison["from"], comparison["to"]) == ("2025-06-02", "2025-06-08")
    assert comparison["metrics"]["total"] == {
        "current": 2,
        "previous": 4,
        "change": -2,
        "change_percent": -50,
    }


def test_a_year_is_compared_with_the_year_before(stack: Stack) -> None:
    stack.calculate(at_noon(0, 364, 365, 729, 729, 730))
    stack.set_clock(NOON)
    comparison = compare(stack, "sessions?days=365")
    assert (comparison["from"], comparison["to"]) == ("2023-06-17", "2024-06-15")
    assert comparison["metrics"]["total"]["previous"] == 3


@pytest.mark.parametrize("path", ["sessions", "revenue", "user-growth"])
def test_there_is_no_percentage_of_nothing(stack: Stack, path: str) -> None:
    stack.calculate(at_noon(0))
    stack.set_clock(NOON)
    for name, metric in compare(stack, path)["metrics"].items():
        assert (metric["previous"], metric["change"]) == (0, metric["current"]), name
        assert metric["change_percent"] is None, name


def test_a_status_that_only_was_is_compared_and_not_answered(stack: Stack) -> None:
    past = at_noon()
    past.rows["sessions"] = [session(1, NOON - timedelta(40)) | {"status": "POSTPONED"}]
    stack.calculate(past)
    stack.set_clock(NOON)
    body = dashboard.read(stack.admin, "sessions?compare=previous")
    assert "postponed" not in body["analytics"]["by_status"]
    assert body["comparison"]["metrics"]["by_status.postponed"] == {
        "current": 0,
        "previous": 1,
        "change": -1,
        "change_percent": -100,
    }


def test_the_platform_is_compared_with_what_was_there_30_days_ago(stack: Stack) -> None:
    stack.calculate(at_noon(0, 29, 30, 400))
    stack.set_clock(NOON)
    comparison = compare(stack, "platform")
    assert (comparison["from"], comparison["to"]) == (None, "2025-05-16")
    assert comparison["metrics"]["sessions.total"]["previous"] == 2
    assert comparison["metrics"]["courses.total"] == {
        "current": 0,
        "previous": None,
        "change": None,
        "change_percent": None,
    }


def test_half_a_hundredth_of_a_percent_is_rounded_away_from_zero(stack: Stack) -> None:
    """-1 of 800 is -0.125 %."""
    fell = at_noon()
    fell.rows["payments"] = [
        {
            "id": 1 + day // 30,
            "student_id": 1,
            "amount": amount,
            "currency": "RUB",
            "status": "COMPLETED",
            "created_at": NOON - timedelta(day),
        }
        for day, amount in ((0, 79900), (30, 80000))
    ]
    stack.calculate(fell)
    stack.set_clock(NOON)
    change = compare(stack, "revenue")["metrics"]["total_revenue"]
    assert float(change["change_percent"]) == -0.13


@pytest.mark.parametrize("day", [1, 5])
def test_a_session_that_moves_between_days_is_another_comparison(stack: Stack, day: int) -> None:
    """Though no total of the platform changes."""
    stack.calculate(at_noon(*range(50)))
    stack.set_clock(NOON)
    paths = ("platform?compare=previous", "sessions?compare=previous&days=10")
    before = [stack.admin.get(f"{dashboard.ROOT}/{path}") for path in paths]
    moved = at_noon(*(ago + 45 if ago == day else ago for ago in range(50)))
    stack.change(moved.rows)
    stack.fold()
    for path, old in zip(paths, before, strict=True):
        new = stack.admin.get(f"{dashboard.ROOT}/{path}")
        assert new.data != old.data
        assert new.headers["ETag"] != old.headers["ETag"]


def test_midnight_makes_another_comparison(stack: Stack) -> None:
    stack.calculate(at_noon(29, 30))
    stack.set_clock(NOON)
    stack.fold()
    before = stack.admin.get(f"{dashboard.ROOT}/platform?compare=previous")
    stack.set_clock(NOON + timedelta(1))
    still = stack.admin.get(f"{dashboard.ROOT}/platform?compare=previous")
    assert (still.data, still.headers["ETag"]) == (before.data, before.headers["ETag"])
    stack.fold()
    after = stack.admin.get(f"{dashboard.ROOT}/platform?compare=previous")
    assert after.json["comparison"]["to"] == "2025-05-17"
    assert after.json["comparison"]["metrics"]["sessions.total"]["previous"] == 2
    assert after.headers["ETag"] != before.headers["ETag"]
