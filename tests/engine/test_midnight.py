"""Days begin at midnight in the reporting time zone, whoever is awake or not."""

from datetime import UTC, datetime, timedelta

import pytest
from freezegun import freeze_time

from tests.support import dashboard
from tests.support.tokens import bearer, sign
from tests.support.worlds import ADMIN, Stack, stack, world

__all__ = ["stack"]

MIDNIGHT = datetime(2025, 6, 14, 21, tzinfo=UTC)
"""In Moscow."""
SECOND = timedelta(seconds=1)


def totals(stack: Stack, now: datetime, *, fold: bool = True) -> dict[int, int]:
    """Sessions in the windows of 1, 2 and 365 days."""
    stack.set_clock(now)
    if fold:
        stack.fold()
    return {
        days: dashboard.read(stack.admin, f"sessions?days={days}")["analytics"]["total"]
        for days in (1, 2, 365)
    }


def test_at_the_first_fold_after_midnight_every_window_moves(stack: Stack) -> None:
    today = world(MIDNIGHT - SECOND, "Europe/Moscow", MIDNIGHT - 2 * SECOND)
    stack.calculate(today)
    assert totals(stack, MIDNIGHT - SECOND) == {1: 1, 2: 1, 365: 1}
    assert totals(stack, MIDNIGHT) == {1: 0, 2: 1, 365: 1}
    assert totals(stack, MIDNIGHT + timedelta(1)) == {1: 0, 2: 0, 365: 1}
    for now in (MIDNIGHT + timedelta(1), MIDNIGHT + timedelta(6), MIDNIGHT + timedelta(400)):
        stack.check(today, now)


def test_a_session_dated_tomorrow_counts_from_the_first_fold_after_midnight(stack: Stack) -> None:
    tomorrow = world(MIDNIGHT - SECOND, "Europe/Moscow", MIDNIGHT, MIDNIGHT + timedelta(9))
    stack.calculate(tomorrow)
    assert totals(stack, MIDNIGHT - SECOND) == {1: 0, 2: 0, 365: 0}
    assert totals(stack, MIDNIGHT) == {1: 1, 2: 1, 365: 1}
    for now in (MIDNIGHT, MIDNIGHT + timedelta(8), MIDNIGHT + timedelta(9)):
        stack.check(tomorrow, now)


def test_a_year_window_begins_on_its_first_instant(stack: Stack) -> None:
    first = MIDNIGHT - timedelta(364)
    stack.calculate(world(MIDNIGHT, "Europe/Moscow", first, first - SECOND))
    assert totals(stack, MIDNIGHT) == {1: 0, 2: 0, 365: 1}


def test_the_leap_day_is_a_day(stack: Stack) -> None:
    leap_day = datetime(2024, 2, 29, 12, tzinfo=UTC)
    stack.calculate(world(leap_day + timedelta(1), "UTC", leap_day))
    assert totals(stack, leap_day + timedelta(1)) == {1: 0, 2: 1, 365: 1}
    growth = dashboard.read(stack.admin, "user-growth?days=365")["data"]
    assert (growth[0]["date"], growth[-2]["date"]) == ("2023-03-03", "2024-02-29")
    assert len(growth) == 365


@pytest.mark.parametrize(
    ("zone", "midday", "hours"),
    [
        ("America/New_York", datetime(2025, 3, 9, 16, tzinfo=UTC), 23),
        ("America/New_York", datetime(2025, 11, 2, 17, tzinfo=UTC), 25),
        ("Australia/Lord_Howe", datetime(2025, 4, 6, 1, tzinfo=UTC), 24.5),
    ],
)
def test_a_day_is_as_long_as_the_clocks_make_it(
    stack: Stack, zone: str, midday: datetime, hours: float
) -> None:
    begin = datetime.combine(midday.astimezone(UTC), datetime.min.time(), UTC)
    every_half_hour = [begin + timedelta(minutes=30 * n) for n in range(-48, 96)]
    stack.calculate(world(midday, zone, *every_half_hour))
    assert totals(stack, midday)[1] == 2 * hours


def answers(stack: Stack) -> list[tuple[str, str, str]]:
    """Body, window and tag of every answer that has a window."""
    addresses = [
        f"{dashboard.ROOT}/{family}?days={days}"
        for family in ("user-growth", "sessions", "revenue")
        for days in (1, 30, 365)
    ]
    responses = [stack.admin.get(address) for address in addresses]
    return [
        (response.text, response.headers["X-Analytics-Window"], response.headers["ETag"])
        for response in responses
    ]


def test_until_a_worker_folds_each_answer_stays_whole_that_of_its_day_and_says_so(
    stack: Stack,
) -> None:
    stack.calculate(world(MIDNIGHT, "Europe/Moscow", MIDNIGHT, MIDNIGHT + timedelta(9)))
    stack.set_clock(MIDNIGHT)
    before = answers(stack)
    assert all(window.endswith("/2025-06-15 Europe/Moscow") for _, window, _ in before)
    for days_later in (1, 8, 10, 400):
        stack.set_clock(MIDNIGHT + timedelta(days_later))
        assert answers(stack) == before, days_later
    assert stack.fold() == 0
    after = answers(stack)
    assert all(window.endswith("/2026-07-20 Europe/Moscow") for _, window, _ in after)
    assert not {tag for _, _, tag in after} & {tag for _, _, tag in before}


def test_the_day_is_the_databases_and_never_the_api_servers(stack: Stack) -> None:
    stack.calculate(world(MIDNIGHT, "Europe/Moscow", MIDNIGHT))
    with freeze_time("2031-05-05"):
        stack.set_clock(MIDNIGHT)
        response = stack.app.test_client().get(
            f"{dashboard.ROOT}/sessions?days=1", headers=bearer(sign(ADMIN))
        )
    assert response.headers["X-Analytics-Window"] == "2025-06-15/2025-06-15 Europe/Moscow"
    assert response.json["analytics"]["total"] == 1
