"""Rebuilds over HTTP: admins ask for them, look at them and end them; who asked is remembered."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from shared.database import Connection, connect
from shared.settings import Settings
from tests.support.contract import assert_problem
from tests.support.tokens import bearer, sign
from tests.support.world import ADMIN, DEMOTED, LEARNER, MENTOR, PYTHON
from workers.rebuild import rebuild

ADDRESS = "/api/v1/analytics/rebuilds"


@pytest.fixture
def ours(world: Settings) -> Iterator[Connection]:
    """What was asked for is gone after the test."""
    with connect(world.analytics_url()) as connection:
        yield connection
        connection.execute("DELETE FROM control.run")


def test_a_rebuild_is_asked_for_made_by_a_worker_and_looked_at(
    ours: Connection, admin: FlaskClient, world: Settings
) -> None:
    ours.execute("LISTEN mentorhub_analytics_asked")
    asked = admin.post(ADDRESS, json={"metrics": ["courses"], "course": PYTHON})
    assert asked.status_code == 200, asked.text
    assert [notice.channel for notice in ours.notifies(timeout=5, stop_after=1)] == [
        "mentorhub_analytics_asked"
    ]
    assert asked.json["state"] == "waiting"
    assert asked.json["asked"] == {"metrics": ["courses"], "course": PYTHON}
    assert asked.json["asked_by"] == f"user {ADMIN}"
    rebuild(world, [])
    seen = admin.get(f"{ADDRESS}/{asked.json['id']}").json
    assert (seen["state"], seen["slices"], seen["slices_done"], seen["share"]) == ("done", 1, 1, 1)
    assert seen["rows_read"] > 0
    assert admin.get(ADDRESS).json["rebuilds"][0] == seen


def test_an_empty_object_asks_for_everything_and_days_narrow_it(
    ours: Connection, admin: FlaskClient
) -> None:
    del ours
    assert admin.post(ADDRESS, json={}).json["asked"] == {}
    days = {"from": "2025-01-01", "to": "2025-01-31"}
    assert admin.post(ADDRESS, json=days).json["asked"] == days


def test_what_was_asked_for_is_cancelled_once_and_stays_so(
    ours: Connection, admin: FlaskClient
) -> None:
    del ours
    place = f"{ADDRESS}/{admin.post(ADDRESS, json={}).json['id']}"
    cancelled = admin.delete(place).json
    assert (cancelled["state"], cancelled["cancelled_by"]) == ("cancelled", f"user {ADMIN}")
    assert admin.delete(place).json == admin.get(place).json == cancelled


@pytest.mark.parametrize("verb", ["get", "delete"])
def test_what_nobody_asked_for_is_not_there(admin: FlaskClient, verb: str) -> None:
    assert_problem(getattr(admin, verb)(f"{ADDRESS}/{uuid4()}"), 404)
    assert_problem(getattr(admin, verb)(f"{ADDRESS}/7"), 404)


@pytest.mark.parametrize("who", [LEARNER, MENTOR, DEMOTED])
def test_nobody_but_admins_asks_for_looks_at_or_ends_a_rebuild(
    client: FlaskClient, ours: Connection, who: int
) -> None:
    before = ours.execute("SELECT count(*) FROM control.run").fetchall()
    for answered in (
        client.post(ADDRESS, json={}, headers=bearer(sign(who))),
        client.get(ADDRESS, headers=bearer(sign(who))),
        client.get(f"{ADDRESS}/{uuid4()}", headers=bearer(sign(who))),
        client.delete(f"{ADDRESS}/{uuid4()}", headers=bearer(sign(who))),
    ):
        assert_problem(answered, 403)
    assert ours.execute("SELECT count(*) FROM control.run").fetchall() == before


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"metrics": ["nothing"]}, "metrics: there is no metric nothing."),
        ({"metrics": []}, "metrics must have 1 to 100."),
        ({"metrics": ["a'b"]}, "metrics.0 must be a name."),
        ({"metrics": ["user_engagement"], "course": 1}, "Nothing of these metrics is kept by "),
        ({"from": "2025-02-01", "to": "2025-01-01"}, "from must not be after `to`."),
        ({"from": "yesterday"}, "from must be a day like 2026-11-28."),
        ({"course": 0}, "course must be an id."),
        ({"course": 2**63}, "course must be an id."),
        ({"course": "1"}, "course Not a valid integer."),
        ({"user": None}, "user Field may not be null."),
        ({"mentors": 1}, "mentors is nothing that this entry has."),
    ],
)
def test_what_can_not_be_asked_for_is_refused_in_a_sentence(
    ours: Connection, admin: FlaskClient, body: dict[str, Any], sentence: str
) -> None:
    before = ours.execute("SELECT count(*) FROM control.run").fetchall()
    refused = admin.post(ADDRESS, json=body)
    assert_problem(refused, 422)
    assert refused.json["detail"].startswith(sentence), refused.json
    assert ours.execute("SELECT count(*) FROM control.run").fetchall() == before
