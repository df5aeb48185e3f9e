"""What changes in the database is seen by the next request."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import LiteralString

import psycopg
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.app import create_app
from api.database.reader import Reader
from api.services import services
from shared.settings import Settings
from tests.support.contract import assert_problem
from tests.support.tokens import bearer, sign
from tests.support.world import ADMIN, LEARNER, MENTOR, fill
from workers.rebuild import rebuild

PLACES = [
    "platform",
    "user-growth",
    "sessions",
    "courses",
    "courses?course_id=1",
    "revenue",
    f"user/{LEARNER}/engagement",
    "me/engagement",
]


@pytest.fixture
def database(settings: Settings) -> Iterator[psycopg.Connection]:
    with psycopg.connect(settings.analytics_url(), autocommit=True) as connection:
        fill(connection)
        rebuild(settings)
        yield connection


@pytest.fixture
def client(settings: Settings, database: psycopg.Connection) -> Iterator[FlaskClient]:  # noqa: ARG001
    app = create_app(settings)
    yield app.test_client()
    services(app)[Reader].close()


@pytest.fixture
def get(client: FlaskClient) -> Callable[[str], TestResponse]:
    """An admin's request."""
    return lambda place: client.get(f"/api/v1/analytics/{place}", headers=bearer(sign(ADMIN)))


def test_a_changed_answer_has_another_tag_and_an_equal_one_the_same(
    settings: Settings, database: psycopg.Connection, get: Callable[[str], TestResponse]
) -> None:
    before = {place: get(place) for place in PLACES}
    rebuild(settings)
    equal = {place: get(place) for place in PLACES}
    database.execute(
        "INSERT INTO public.users (id, username, role, is_active, is_verified, created_at)"
        " VALUES (99, 'new', 'STUDENT', true, true, now())"
    )
    rebuild(settings)
    after = {place: get(place) for place in PLACES}

    for place in PLACES:
        assert equal[place].headers["ETag"] == before[place].headers["ETag"]
        assert equal[place].data == before[place].data
        if after[place].data != before[place].data:
            assert after[place].headers["ETag"] != before[place].headers["ETag"]
    assert after["platform"].json["users"]["total"] == before["platform"].json["users"]["total"] + 1


def test_an_answer_says_how_many_changes_it_does_not_count_yet(
    settings: Settings, database: psycopg.Connection, get: Callable[[str], TestResponse]
) -> None:
    before = get("platform")
    database.execute("UPDATE public.sessions SET status = 'COMPLETED' WHERE status <> 'COMPLETED'")
    database.execute("DELETE FROM public.payments WHERE id = 1")
    waiting = {place: get(place).headers["X-Analytics-Pending"] for place in PLACES}
    behind = get("platform")
    rebuild(settings)

    # an update is two signed rows
    assert waiting == {
        "platform": "5",
        "user-growth": "0",
        "sessions": "4",
        "courses": "0",
        "courses?course_id=1": "0",
        "revenue": "1",
        f"user/{LEARNER}/engagement": "5",
        "me/engagement": "5",
    }
    assert (behind.data, behind.headers["ETag"]) == (before.data, before.headers["ETag"])
    for place in PLACES:
        assert get(place).headers["X-Analytics-Pending"] == "0"
    assert get("platform").headers["ETag"] != before.headers["ETag"]


def test_a_reader_counts_no_more_than_a_thousand_changes_of_a_table(
    database: psycopg.Connection, get: Callable[[str], TestResponse]
) -> None:
    database.execute(
        "INSERT INTO public.users (id, username, role, is_active, is_verified, created_at)"
        " SELECT n, 'new', 'STUDENT', true, true, now() FROM generate_series(100, 2099) AS n"
    )

    assert get("user-growth").headers["X-Analytics-Pending"] == "1000"


@pytest.mark.parametrize("change", [{"currency": "USD"}, {"minor_units": "1"}])
def test_other_settings_make_other_tags(
    settings: Settings, get: Callable[[str], TestResponse], change: dict[str, object]
) -> None:
    before = {place: get(place) for place in ("platform", "revenue")}
    rebuild(replace(settings, **change))

    for place, old in before.items():
        new = get(place)
        assert new.data != old.data
        assert new.headers["ETag"] != old.headers["ETag"]


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("infinity", None),
        ("-infinity", None),
        ("0044-03-15 BC", None),
        ("294276-12-31 23:59:59.999999+00", None),
        ("10000-01-01", None),
        ("9999-12-31 23:59:59.5+00", "9999-12-31T23:59:59.5+00:00"),
        ("0001-01-01", "0001-01-01T00:00:00+00:00"),
    ],
)
def test_a_time_that_rfc_3339_can_not_write_is_null(
    database: psycopg.Connection,
    get: Callable[[str], TestResponse],
    moment: str,
    shown: str | None,
) -> None:
    database.execute("UPDATE analytics.user_engagement SET last_activity = %s", [moment])

    assert get(f"user/{LEARNER}/engagement").json["last_activity"] == shown


def test_an_admin_loses_access_at_once(
    database: psycopg.Connection, get: Callable[[str], TestResponse]
) -> None:
    for change, status in (
        ("UPDATE public.users SET username = 'boss' WHERE id = 1", 200),
        ("UPDATE public.users SET role = 'STUDENT' WHERE id = 1", 403),
        ("UPDATE public.users SET role = 'ADMIN' WHERE id = 1", 200),
        ("UPDATE public.users SET is_active = false WHERE id = 1", 403),
        ("DELETE FROM public.users WHERE id = 1", 401),
    ):
        database.execute(change)
        assert get("platform").status_code == status


def test_a_mentor_is_one_as_long_as_mentorhub_says_so(
    database: psycopg.Connection, client: FlaskClient
) -> None:
    place = "/api/v1/analytics/metrics/session_outcome?mentor_id=5"
    for change, status in (
        ("UPDATE public.users SET username = 'guide' WHERE id = 4", 200),
        ("UPDATE public.mentors SET user_id = 3 WHERE id = 5", 403),
        ("UPDATE public.mentors SET user_id = 4 WHERE id = 5", 200),
        # somewhere there is a MentorHub whose rows nobody has compared yet
        ("INSERT INTO control.source VALUES ('', '', '', '', '0/0')", 503),
        ("DELETE FROM public.mentors WHERE id = 5", 403),
        ("INSERT INTO public.mentors (id, user_id) VALUES (5, 4)", 503),
        ("DELETE FROM public.users WHERE id = 4", 401),
    ):
        database.execute(change)
        assert client.get(place, headers=bearer(sign(MENTOR))).status_code == status, change


def test_before_the_first_calculation_the_answer_is_later(
    database: psycopg.Connection, get: Callable[[str], TestResponse]
) -> None:
    database.execute("UPDATE analytics.freshness SET as_of = NULL")

    for place in PLACES:
        response = get(place)
        assert_problem(response, 503)
        assert response.headers["Retry-After"] == "5"


def test_not_ready_while_an_answer_is_missing_or_too_old(
    database: psycopg.Connection, client: FlaskClient
) -> None:
    assert client.get("/readyz").json == {"status": "ok"}

    for change in (
        "UPDATE analytics.freshness SET as_of = now() - 2 * ttl WHERE family = 'revenue'",
        "UPDATE analytics.freshness SET as_of = NULL WHERE family = 'revenue'",
        "DELETE FROM analytics.freshness WHERE family = 'revenue'",
    ):
        database.execute(change)
        response = client.get("/readyz")
        assert_problem(response, 503)
        assert response.json["detail"] == "Not calculated, or older than promised: revenue."


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE control.installation SET shape = 'of another version'",
        "DROP VIEW analytics.installed",
        "DROP SCHEMA analytics CASCADE",
    ],
)
def test_not_ready_before_the_installation_of_this_version(
    database: psycopg.Connection, client: FlaskClient, change: LiteralString
) -> None:
    database.execute(change)

    assert_problem(client.get("/readyz"), 503)
    assert "by another version than this API" in client.get("/readyz").json["detail"]
    assert client.get("/healthz").status_code == 200
