"""Random small MentorHubs, and an analytics over them whose clock a test sets."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import strategies as st

from api.app import create_app
from api.database.reader import Reader
from api.services import services
from ops.local.embedded import Postgres
from shared.database import connect
from shared.settings import Settings
from tests.support import dashboard
from tests.support.databases import DEFAULTS, database
from tests.support.mirror import at, turn_into, write
from tests.support.oracle import STATUSES, Oracle, Rows
from tests.support.tokens import bearer, sign
from workers.fold import fold, worker_connection
from workers.rebuild import rebuild

ADMIN = 1000
ZONES = ("UTC", "Europe/Moscow", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
CURRENCIES = ("RUB", "USD", "JPY", "KWD")
MINOR_UNITS = ("iso4217", "iso4217", "1", "100", "3", "JPY=2,USD=4,XXX=0")
NOWS = (
    datetime(2024, 2, 29, 12, tzinfo=UTC),  # leap day
    datetime(2025, 3, 1, 0, 30, tzinfo=UTC),
    datetime(2025, 3, 9, 7, 30, tzinfo=UTC),  # New York springs forward
    datetime(2025, 11, 2, 5, 30, tzinfo=UTC),  # New York falls back
    datetime(2025, 4, 5, 15, 15, tzinfo=UTC),  # Lord Howe falls back by half an hour
    datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC),
)


@dataclass
class World:
    """`next_rows`: what MentorHub holds after more has happened there, ids in common."""

    rows: Rows
    next_rows: Rows
    now: datetime
    later: datetime
    timezone: str
    currency: str
    minor_units: str
    windows: list[int]


@st.composite
def worlds(draw: st.DrawFn, zones: tuple[str, ...] = ZONES) -> World:
    """A small MentorHub: few ids, so that things collide; instants near midnights and edges."""
    zone = ZoneInfo(draw(st.sampled_from(zones)))
    now = draw(st.sampled_from(NOWS)) + timedelta(seconds=draw(st.integers(0, 86400)))
    days = st.one_of(
        st.integers(0, 3), st.integers(362, 367), st.integers(727, 731), st.integers(-9, 400)
    )

    @st.composite
    def instants(draw: st.DrawFn) -> datetime:
        day = now.astimezone(zone).date() - timedelta(draw(days))
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        return midnight + timedelta(
            microseconds=draw(st.sampled_from([-1, 0, 1, 3_600_000_000, 43_200_000_000]))
        )

    user, course = st.integers(1, 4), st.integers(1, 3)

    def rows(most: int, **columns: st.SearchStrategy[Any]) -> list[dict[str, Any]]:
        one = st.fixed_dictionaries(columns | {"created_at": instants()})
        return [
            {"id": number, **row}
            for number, row in enumerate(draw(st.lists(one, max_size=most)), start=1)
        ]

    flag = st.booleans()

    def all_rows() -> Rows:
        return {
            "users": rows(
                4,
                username=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
                role=st.sampled_from(["STUDENT", "MENTOR", "ADMIN", "student"]),
                is_active=flag,
                is_verified=flag,
            ),
            "courses": rows(3, title=st.sampled_from(["Питон", '=1+1"', ""]), is_active=flag),
            "sessions": rows(
                25,
                student_id=user,
                mentor_id=st.integers(1, 14),
                duration_minutes=st.sampled_from([0, 30, 45, 60, 61]),
                status=st.sampled_from([*map(str.upper, STATUSES), "completed", "POSTPONED"]),
                scheduled_at=st.none() | instants(),
            ),
            "course_enrollments": rows(
                8,
                user_id=user,
                course_id=course,
                progress_percent=st.integers(0, 100),
                completed=flag,
            ),
            "progress": rows(3, user_id=user),
            "reviews": rows(
                8, user_id=user, course_id=st.none() | st.integers(1, 5), rating=st.integers(1, 5)
            ),
            "payments": rows(
                8,
                student_id=user,
                amount=st.sampled_from([0, 1, 99, 150000, 2_000_000_000]),
                currency=st.sampled_from([*CURRENCIES, "usd", "РУБ", "a\nb", "", None]),
                status=st.sampled_from(["PENDING", "COMPLETED", "COMPLETED", "REFUNDED"]),
            ),
        }

    return World(
        rows=all_rows(),
        next_rows=all_rows(),
        now=now,
        later=now + timedelta(hours=draw(st.sampled_from([0, 1, 13, 25, 49, 150]))),
        timezone=zone.key,
        currency=draw(st.sampled_from(CURRENCIES)),
        minor_units=draw(st.sampled_from(MINOR_UNITS)),
        windows=draw(st.lists(st.sampled_from([1, 2, 3, 4, 30, 364, 365]), min_size=1, max_size=3)),
    )


ADMIN_ROW = {
    "id": ADMIN,
    "username": "admin",
    "role": "ADMIN",
    "is_active": True,
    "is_verified": True,
    "created_at": datetime(2020, 1, 1, tzinfo=UTC),
}


@dataclass
class Stack:
    """An analytics database whose mirror and clock the test sets, and the API over it."""

    settings: Settings
    app: Flask
    admin: FlaskClient

    def calculate(self, world: World) -> None:
        """Put the world's rows into the mirror and rebuild everything at its `now`."""
        rebuild(self._holding(world))

    def show(self, world: World) -> None:
        """Put the world's rows into the mirror and fold them, as all that is ever shown is."""
        rebuild(self._holding(world), [])
        self.set_clock(world.now)
        self.fold()

    def _holding(self, world: World) -> Settings:
        """The world's settings, when its rows are in the mirror."""
        with connect(self.settings.analytics_url()) as connection:
            write(connection, world.rows)
            at(connection, world.now)
        return replace(
            self.settings,
            timezone=world.timezone,
            currency=world.currency,
            minor_units=world.minor_units,
        )

    def change(self, rows: Rows) -> None:
        """The mirror comes to hold these rows, one by one; nothing is folded."""
        with connect(self.settings.analytics_url()) as connection:
            turn_into(connection, rows)

    def set_clock(self, now: datetime) -> None:
        """What the database takes for the current time from now on."""
        with connect(self.settings.analytics_url()) as connection:
            at(connection, now)
        services(self.app)[Reader].engine.dispose()

    def fold(self) -> int:
        """As a worker does it every few seconds."""
        with worker_connection(self.settings) as connection:
            return fold(connection)

    def check(self, world: World, now: datetime) -> None:
        """Every answer given at `now`, after a fold, is right in the world's windows."""
        self.set_clock(now)
        self.fold()
        dashboard.check(
            self.admin,
            Oracle(world.rows, now, world.timezone, world.currency, world.minor_units),
            windows=world.windows,
            users=(1, 2, 3, 4, ADMIN, ADMIN + 1),
            courses=(1, 2, 3, 4),
            currencies=("USD", "XXX"),
        )


@pytest.fixture(scope="module")
def stack(postgres: Postgres, analytics_template: str) -> Iterator[Stack]:
    with database(postgres, "test_numbers", analytics_template) as url:
        settings = replace(DEFAULTS, analytics_database_url=url)
        app = create_app(settings)
        admin = app.test_client()
        admin.environ_base["HTTP_AUTHORIZATION"] = bearer(sign(ADMIN))["Authorization"]
        yield Stack(settings, app, admin)
        services(app)[Reader].close()


def session(number: int, created_at: datetime) -> dict[str, Any]:
    return {
        "id": number,
        "student_id": 1,
        "mentor_id": 1,
        "duration_minutes": 60,
        "status": "COMPLETED",
        "created_at": created_at,
    }


def world(now: datetime, timezone: str, *created_at: datetime) -> World:
    rows: dict[str, Any] = {
        "users": [ADMIN_ROW],
        **{name: [] for name in ("courses", "course_enrollments", "progress", "reviews")},
        "payments": [],
        "sessions": [session(number, at) for number, at in enumerate(created_at, start=1)],
    }
    return World(rows, rows, now, now, timezone, "RUB", "iso4217", [1, 2, 365])
