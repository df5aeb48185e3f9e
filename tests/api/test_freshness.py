"""What changes in the database is seen by the next request."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import psycopg
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.app import create_app
from api.reader import EXTENSION
from shared.settings import Settings
from tests.api.test_bad_input import assert_problem
from tests.api.tokens import bearer, sign
from tests.api.world import ADMIN, LEARNER, fill
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
    app.extensions[EXTENSION].close()


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


@pytest.mark.parametrize("change", [{"currency": "USD"}, {"minor_units": 1}])
def test_other_settings_make_other_tags(
    settings: Settings, get: Callable[[str], TestResponse], change: dict[str, object]
) -> None:
    before = {place: get(place) for place in ("platform", "revenue")}
    rebuild(replace(settings, **change))

    for place, old in before.items():
        new = get(place)
        assert new.data != old.data
        assert new.headers["ETag"] != old.headers["ETag"]


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


def test_not_ready_before_the_installation(
    database: psycopg.Connection, client: FlaskClient
) -> None:
    database.execute("DROP SCHEMA analytics CASCADE")

    assert_problem(client.get("/readyz"), 503)
    assert client.get("/healthz").status_code == 200
