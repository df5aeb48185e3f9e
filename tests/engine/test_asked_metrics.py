"""Metrics that are counted when somebody reads: right for all that they may be asked with."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from flask.testing import FlaskClient

from ops.local.embedded import Postgres
from shared.database import connect
from shared.metrics import METRICS
from tests import metrics
from tests.metrics.active_users import expected as active_users
from tests.metrics.payment_day import expected as payment_day
from tests.support.dashboard import asking
from tests.support.databases import DEFAULTS, database
from tests.support.journal import Journal
from tests.support.mirror import at, write
from tests.support.oracle import Oracle, Rows, half_up
from tests.support.worlds import ADMIN, ADMIN_ROW
from workers.rebuild import rebuild

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ASKED = [name for name, metric in METRICS.items() if not metric.is_stored]


def world() -> Rows:
    """Forty users, some busy and some not, over a year; the admin does nothing."""
    draw = random.Random(7)  # noqa: S311 - a secret it is not

    def rows(many: int, **columns: Any) -> list[dict[str, Any]]:
        return [
            {"id": n, **{name: make() for name, make in columns.items()}} for n in range(1, many)
        ]

    def when() -> datetime:
        return NOW - timedelta(hours=draw.randrange(24 * 400))

    def user() -> int:
        return min(draw.randint(1, 40), draw.randint(1, 40))

    statuses = ["COMPLETED", "COMPLETED", "CANCELLED", "SCHEDULED"]
    return {
        "users": [ADMIN_ROW]
        + [
            {**ADMIN_ROW, "id": n, "role": "STUDENT", "username": f"u{n}", "created_at": when()}
            for n in range(1, 36)
        ],
        "courses": rows(4, title=lambda: "SQL", is_active=lambda: True, instructor_id=lambda: 1),
        "lessons": rows(
            13, course_id=lambda: draw.randint(1, 3), order=lambda: draw.choice([1, 2, 3, None])
        ),
        "sessions": rows(
            300,
            student_id=user,
            mentor_id=lambda: 1,
            duration_minutes=lambda: 60,
            status=lambda: draw.choice(statuses),
            created_at=when,
            scheduled_at=lambda: draw.choice([None, when()]),
        ),
        "course_enrollments": rows(
            80,
            user_id=user,
            course_id=lambda: draw.randint(1, 4),
            progress_percent=lambda: draw.choice([0, 10, 24, 25, 90]),
            completed=lambda: draw.choice([False, False, True]),
            created_at=when,
            completed_at=lambda: draw.choice([None, when().replace(tzinfo=None)]),
        ),
        "progress": rows(
            200,
            user_id=user,
            course_id=lambda: draw.randint(1, 3),
            lesson_id=lambda: draw.randint(1, 13),
            completed=lambda: draw.choice([True, True, False]),
            created_at=when,
        ),
        "reviews": rows(
            30,
            user_id=user,
            course_id=lambda: draw.randint(1, 6),
            rating=lambda: draw.randint(1, 5),
            created_at=when,
        ),
        "payments": rows(
            100,
            student_id=user,
            amount=lambda: draw.randint(1, 90_000),
            currency=lambda: draw.choice(["RUB", "RUB", "USD"]),
            status=lambda: draw.choice(["COMPLETED", "FAILED"]),
            created_at=when,
        ),
        "subscriptions": rows(
            30,
            amount=lambda: Decimal(draw.randrange(1_000_000)) / 100,
            currency=lambda: draw.choice(["RUB", "RUB", "USD"]),
            status=lambda: draw.choice(["ACTIVE", "TRIAL"]),
        ),
    }


@pytest.fixture(scope="module")
def rows() -> Rows:
    return world()


@pytest.fixture(scope="module")
def admin(postgres: Postgres, analytics_template: str, rows: Rows) -> Iterator[FlaskClient]:
    with database(postgres, "test_asked", analytics_template) as url:
        settings = replace(DEFAULTS, analytics_database_url=url, timezone="Asia/Kathmandu")
        with connect(url) as ours:
            write(ours, rows)
            at(ours, NOW)
        rebuild(settings)
        with asking(settings, ADMIN) as client:
            yield client


@pytest.mark.parametrize("name", ASKED)
def test_every_parameter_has_its_own_right_answer(
    admin: FlaskClient, rows: Rows, name: str
) -> None:
    oracle = Oracle(rows, NOW, "Asia/Kathmandu", "RUB", "iso4217")
    journal = Journal()
    journal.note(oracle, NOW)
    oracle.journals = journal.moments
    for choice in range(4):
        asked = metrics.asked_with(name, choice)
        answered = metrics.answered(admin, name, **asked)
        assert answered, asked
        assert answered == metrics.expected(oracle, name, **asked), asked


@pytest.mark.parametrize("name", ["active_users", "revenue_per_active_user"])
def test_a_comparison_is_of_the_same_window(admin: FlaskClient, name: str) -> None:
    asked = f"metrics/{name}?window=30&from=2026-01-11&to=2026-01-20"
    now = admin.get(f"/api/v1/analytics/{asked}&compare=previous").json
    asked = f"metrics/{name}?window=30&from=2026-01-01&to=2026-01-10"
    before = admin.get(f"/api/v1/analytics/{asked}").json
    for measure, number in now["comparison"]["metrics"].items():
        assert number["current"] == now["total"][measure]
        assert number["previous"] == before["total"][measure]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("active_users?window=0", "must be a whole number from 1 to 365."),
        ("active_users?window=366", "must be a whole number from 1 to 365."),
        ("retention?grain=year", "must be one of week, month."),
        ("active_users?by=", "must have day: not everything adds up over it."),
    ],
)
def test_what_it_may_not_be_asked_is_one_sentence(
    admin: FlaskClient, asked: str, sentence: str
) -> None:
    response = admin.get(f"/api/v1/analytics/metrics/{asked}")
    assert response.status_code == 422
    assert sentence in response.text


def test_revenue_per_active_user_is_that_of_all_days_asked_for(
    admin: FlaskClient, rows: Rows
) -> None:
    oracle = Oracle(rows, NOW, "Asia/Kathmandu", "RUB", "iso4217")
    first, last = date(2026, 2, 1), date(2026, 2, 28)
    asked = f"revenue_per_active_user?from={first}&to={last}"
    body = admin.get(f"/api/v1/analytics/metrics/{asked}").json
    (whole,) = active_users(oracle, last, last, 28).values()
    paid = sum(
        amount
        for (day, currency), (amount, _) in payment_day(oracle).items()
        if first <= day <= last and currency == "RUB"
    )
    assert body["total"]["users"] == whole[0]
    assert body["total"]["revenue"] == paid / 100
    assert body["total"]["revenue_per_user"] == float(half_up(Fraction(paid, 100 * whole[0])))
    assert len(body["rows"]) == 28
