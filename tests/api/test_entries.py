"""Notes and goals over HTTP: admins write them, each writer is remembered, nothing else gets in."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from api.app import create_app
from api.database.reader import Reader
from api.parts import parts
from shared.database import Connection, connect
from shared.settings import Settings
from tests.api.test_bad_input import assert_problem
from tests.api.tokens import bearer, sign
from tests.api.world import ADMIN, DEMOTED, LEARNER, MENTOR

NOTE = {"day": "2026-11-27", "text": "Скидка: всё за полцены"}
GOAL = {"metric": "payment_day", "measure": "revenue", "value": 1000000.5, "days": 30}
PLACES = {"notes": NOTE, "goals": GOAL}


@pytest.fixture
def written(world: Settings) -> Iterator[Connection]:
    """What is written is gone after the test."""
    with connect(world.analytics_url()) as connection:
        yield connection
        connection.execute("TRUNCATE kept.note, kept.goal, kept.history RESTART IDENTITY")


def address(*parts: object) -> str:
    return "/".join(["/api/v1/analytics", *map(str, parts)])


def entries(admin: FlaskClient, place: str, **query: str) -> list[dict[str, Any]]:
    response = admin.get(address(place), query_string=query)
    assert response.status_code == 200, response.text
    return response.json[place]


@pytest.mark.parametrize("place", PLACES)
def test_an_entry_is_written_changed_and_deleted(
    written: Connection, admin: FlaskClient, place: str
) -> None:
    sent = PLACES[place]
    made = admin.post(address(place), json=sent)
    assert made.status_code == 200, made.text
    assert sent.items() <= made.json.items()
    assert made.json["written_by"] == ADMIN
    assert entries(admin, place) == [made.json]

    entry = made.json["id"]
    changed = admin.put(address(place, entry), json=sent | {"text": "or so"})
    assert changed.json["text"] == "or so"
    assert entries(admin, place) == [changed.json]

    assert admin.delete(address(place, entry)).json == changed.json
    assert entries(admin, place) == []
    for gone in (
        admin.delete(address(place, entry)),
        admin.put(address(place, entry), json=sent),
    ):
        assert_problem(gone, 404)

    history = written.execute("SELECT written_by, entry FROM kept.history").fetchall()
    assert history == [(ADMIN, entry)] * 3


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("who", [LEARNER, MENTOR, DEMOTED])
def test_nobody_but_admins_reads_or_writes_them(
    client: FlaskClient, written: Connection, place: str, who: int
) -> None:
    headers = bearer(sign(who, role="admin"))
    for method, path in (
        ("GET", address(place)),
        ("POST", address(place)),
        ("PUT", address(place, 1)),
        ("DELETE", address(place, 1)),
    ):
        body = {"json": PLACES[place]} if method in {"POST", "PUT"} else {}
        assert_problem(client.open(path, method=method, headers=headers, **body), 403)
        assert_problem(client.open(path, method=method, **body), 401)
    assert written.execute("SELECT count(*) FROM kept.history").fetchone() == (0,)


def test_notes_are_listed_by_their_days(written: Connection, admin: FlaskClient) -> None:
    for day in ("2026-11-03", "2026-11-01", "2026-11-02", "0001-01-01", "9999-12-31"):
        admin.post(address("notes"), json={"day": day, "text": day})

    def listed(**query: str) -> list[str]:
        return [note["day"] for note in entries(admin, "notes", **query)]

    assert listed() == ["0001-01-01", "2026-11-01", "2026-11-02", "2026-11-03", "9999-12-31"]
    assert listed(**{"from": "2026-11-02", "to": "2026-11-03"}) == ["2026-11-02", "2026-11-03"]
    assert_problem(admin.get(address("notes?from=2026-11-02&to=2026-11-01")), 422)
    del written


def test_goals_of_one_metric_are_listed(written: Connection, admin: FlaskClient) -> None:
    admin.post(address("goals"), json=GOAL)
    admin.post(address("goals"), json=GOAL | {"metric": "session_day", "measure": "sessions"})

    assert [goal["metric"] for goal in entries(admin, "goals", metric="session_day")] == [
        "session_day"
    ]
    assert_problem(admin.get(address("goals?metric=Ж")), 422)
    del written


@pytest.mark.parametrize(
    ("place", "body", "sentence"),
    [
        ("notes", {}, "Missing data"),
        ("notes", NOTE | {"day": "2026-02-30"}, "day must be a day"),
        ("notes", NOTE | {"day": 5}, "day must be a day"),
        ("notes", NOTE | {"text": ""}, "text must have 1 to 2000"),
        ("notes", NOTE | {"text": "x" * 2001}, "text must have 1 to 2000"),
        ("notes", NOTE | {"text": "a\0b"}, "text holds a character of code 0"),
        ("notes", NOTE | {"text": "\ud800"}, "text holds half a character"),
        ("notes", NOTE | {"text": None}, "text"),
        ("notes", NOTE | {"written_by": 2}, "written_by is nothing that this entry has"),
        ("notes", [NOTE], "Invalid input"),
        ("goals", GOAL | {"metric": "x'; DROP"}, "metric must be a name"),
        ("goals", GOAL | {"value": "NaN"}, "value must be a number"),
        ("goals", GOAL | {"value": 1e31}, "value is too large"),
        ("goals", GOAL | {"value": True}, "value must be a number"),
        ("goals", GOAL | {"days": 0}, "days must be a whole number"),
        ("goals", GOAL | {"filters": {"x y": "1"}}, "filters.x y"),
        ("goals", GOAL | {"filters": {"x": {}}}, "filters.x"),
        ("goals", GOAL | {"filters": {f"x{n}": "1" for n in range(9)}}, "filters has 8 keys"),
    ],
)
def test_what_is_no_entry_is_refused_with_the_name_of_what_is_wrong(
    admin: FlaskClient, place: str, body: Any, sentence: str
) -> None:
    response = admin.post(address(place), json=body)

    assert_problem(response, 422)
    assert sentence in response.json["detail"]


def test_a_body_is_json_and_small(admin: FlaskClient) -> None:
    def post(data: bytes, kind: str = "application/json") -> Any:
        return admin.post(address("notes"), data=data, content_type=kind)

    assert_problem(post(b"{"), 400)
    assert_problem(post(b"\xff"), 400)
    assert_problem(post(b'{"day":' + b"[" * 8000), 400)
    assert_problem(post(b"day=2026-11-27", "application/x-www-form-urlencoded"), 422)
    assert_problem(post(b" " * (16 * 1024 + 1)), 413)
    assert_problem(admin.delete(address("notes/1"), data=b"{}"), 400)
    assert_problem(admin.get(address("notes"), data=b"{}"), 400)


def test_entries_are_written_to_the_primary_and_not_to_a_replica(world: Settings) -> None:
    app = create_app(
        replace(
            world,
            analytics_database_url="postgresql://nowhere.invalid/a",
            read_database_url=world.analytics_url(),
        )
    )
    try:
        response = app.test_client().post(
            address("notes"), json=NOTE, headers=bearer(sign(ADMIN, role="admin"))
        )
        assert_problem(response, 503)
    finally:
        parts(app)[Reader].close()
