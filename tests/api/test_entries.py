"""Notes and goals over HTTP: admins write them, each writer is remembered, nothing else gets in."""

import csv
import http.client
import json
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient
from psycopg import sql

from api.app import create_app
from api.database.reader import Reader
from api.services import services
from shared.database import Connection, connect
from shared.metrics import METRICS, STORED
from shared.settings import Settings
from tests.support.contract import assert_problem
from tests.support.server import Server, server_of_a_module
from tests.support.tokens import bearer, sign
from tests.support.world import ADMIN, DEMOTED, LEARNER, MENTOR, forget_entries

NOTE = {"day": "2026-11-27", "text": "Скидка: всё за полцены"}
GOAL = {"metric": "payment_day", "measure": "amount", "value": 1000000.5, "days": 30}
ALERT = {
    "metric": "session_day",
    "measure": "sessions",
    "filters": {"status": "cancelled"},
    "direction": "above",
    "threshold": 2.5,
    "webhook": "https://example.com/hook?x=1",
}
TOTAL = ALERT | {"metric": "platform_total", "measure": "completion_rate", "filters": {}}
BUSY = GOAL | {"metric": "mentor_day", "measure": "sessions"}
PLACES = {"notes": NOTE, "goals": GOAL, "alerts": ALERT}


@pytest.fixture
def written(world: Settings) -> Iterator[Connection]:
    """What is written is gone after the test."""
    with connect(world.analytics_url()) as connection:
        yield connection
        forget_entries(connection)


def address(*parts: object) -> str:
    return "/".join(["/api/v1/analytics", *map(str, parts)])


def entries(admin: FlaskClient, place: str, **query: str) -> list[dict[str, Any]]:
    response = admin.get(address(place), query_string=query)
    assert response.status_code == 200, response.text
    return response.json[place.rpartition("/")[2]]


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


@pytest.mark.parametrize(
    ("path", "place"),
    [("user-growth", 0), ("metrics/session_day?by=status,day", 1), ("metrics/user_day?days=7", 0)],
)
def test_a_file_of_days_holds_what_was_written_on_them(
    written: Connection, admin: FlaskClient, path: str, place: int
) -> None:
    path = f"{path}{'&' if '?' in path else '?'}format="
    plain = admin.get(address(f"{path}csv"))
    lines = [*csv.reader(plain.text.lstrip("\ufeff").splitlines())]
    day = lines[-1][place]
    before = admin.get(address(f"{path}csv&notes=true"))
    for text in ("=1+1", "Sale"):
        admin.post(address("notes"), json={"day": day, "text": text})
    noted = admin.get(address(f"{path}csv&notes=true"))

    found = [*csv.reader(noted.text.lstrip("\ufeff").splitlines())]
    assert [line[:-1] for line in found] == lines
    said = {line[place]: line[-1] for line in found[1:]}
    assert found[0][-1] == "notes"
    assert said.pop(day) == "'=1+1; Sale"
    assert set(said.values()) == {""}
    assert len({each.headers["ETag"] for each in (plain, before, noted)}) == 3
    assert admin.get(address(f"{path}csv")).text == plain.text
    book = openpyxl.load_workbook(BytesIO(admin.get(address(f"{path}xlsx&notes=true")).data))
    values = {cell.value for row in book.worksheets[0].iter_rows() for cell in row}
    assert "=1+1; Sale" in values
    del written


def test_what_was_written_on_days_of_no_rows_is_a_table(
    written: Connection, admin: FlaskClient
) -> None:
    day = admin.get(address("user-growth?days=1")).json["data"][0]["date"]
    admin.post(address("notes"), json={"day": day, "text": "Sale"})
    text = admin.get(address("sessions?format=csv&notes=true")).text
    assert text.splitlines()[-1] == f"notes,{day},Sale"
    assert "Sale" not in admin.get(address("sessions?notes=true")).text
    del written


def test_only_admins_have_notes_in_files(written: Connection, client: FlaskClient) -> None:
    asked = address(f"metrics/active_day?user_id={LEARNER}&format=csv")
    headers = bearer(sign(LEARNER))
    assert client.get(asked, headers=headers).status_code == 200
    assert_problem(client.get(f"{asked}&notes=true", headers=headers), 403)
    del written


@pytest.mark.parametrize("path", ["sessions?days=7", "metrics/session_outcome?by=mentor_id"])
def test_a_file_names_its_mentors_for_admins(
    admin: FlaskClient, client: FlaskClient, path: str
) -> None:
    asked = address(f"{path}&format=csv")
    plain, named = (admin.get(each) for each in (asked, f"{asked}&names=true"))

    cells, more = ({*re.split("[,\r\n]+", each.text)} for each in (plain, named))
    assert "mentor" in more - cells
    assert admin.get(address(f"{path}&names=true")).data == admin.get(address(path)).data
    assert named.headers["ETag"] != plain.headers["ETag"]
    headers = bearer(sign(LEARNER, role="admin"))
    for query in ("", "&names=true"):
        assert_problem(client.get(f"{asked}{query}", headers=headers), 403)


def test_goals_of_one_metric_are_listed(written: Connection, admin: FlaskClient) -> None:
    admin.post(address("goals"), json=GOAL)
    admin.post(address("goals"), json=GOAL | {"metric": "session_day", "measure": "sessions"})

    assert [goal["metric"] for goal in entries(admin, "goals", metric="session_day")] == [
        "session_day"
    ]
    assert_problem(admin.get(address("goals?metric=Ж")), 422)
    del written


@pytest.mark.parametrize("name", STORED)
def test_a_rule_measures_what_the_address_answers(
    world: Settings, admin: FlaskClient, name: str
) -> None:
    asked = {"by": ""} | ({"days": 365} if METRICS[name].date else {})
    body = admin.get(address("metrics", name), query_string=asked).json
    statement = sql.SQL("SELECT control.{}('{{}}', %s, %s)")
    with connect(world.analytics_url()) as connection:
        (measured,) = connection.execute(
            statement.format(sql.Identifier(f"measured_{name}")), [body["from"], body["to"]]
        ).fetchone() or (None,)
    assert measured == body["total"]


def test_what_fired_is_listed_the_newest_first(written: Connection, admin: FlaskClient) -> None:
    alert = admin.post(address("alerts"), json=ALERT).json["id"]
    assert entries(admin, "alerts/fired") == []
    for value in (3, 4):
        written.execute(
            "INSERT INTO kept.firing (alert, value, ended_at) VALUES (%s, %s, now())",
            [alert, value],
        )

    found = entries(admin, "alerts/fired")
    assert [(each["alert_id"], each["value"]) for each in found] == [(alert, 4), (alert, 3)]
    assert [each["value"] for each in entries(admin, "alerts/fired", limit="1")] == [4]
    assert_problem(admin.get(address("alerts/fired?limit=0")), 422)


def test_the_first_who_takes_note_of_what_fired_is_remembered(
    written: Connection, admin: FlaskClient, client: FlaskClient
) -> None:
    alert = admin.post(address("alerts"), json=ALERT).json["id"]
    firing = written.execute(
        "INSERT INTO kept.firing (alert, value) VALUES (%s, 3) RETURNING id", [alert]
    ).fetchone()
    assert firing
    place = address("alerts/fired", *firing, "acknowledgement")
    assert_problem(client.put(place, headers=bearer(sign(LEARNER, role="admin"))), 403)
    assert_problem(client.put(place), 401)
    assert entries(admin, "alerts/fired")[0]["acknowledged_at"] is None

    taken = admin.put(place).json
    assert (taken["acknowledged_by"], taken["value"]) == (ADMIN, 3)
    assert entries(admin, "alerts/fired") == [taken]
    assert admin.put(place).json == taken
    assert_problem(admin.put(address("alerts/fired/999/acknowledgement")), 404)
    written.execute("UPDATE kept.firing SET ended_at = now()")
    assert entries(admin, "alerts/fired")[0]["acknowledged_at"] == taken["acknowledged_at"]

    admin.delete(address("alerts", alert))
    history = written.execute(
        "SELECT written_by FROM kept.history WHERE relation = 'firing'"
    ).fetchall()
    assert history == [(ADMIN,)]


@pytest.mark.parametrize(
    ("place", "body", "sentence"),
    [
        ("notes", {}, "Missing data"),
        ("notes", NOTE | {"day": "2026-02-30"}, "day must be a day"),
        ("notes", NOTE | {"day": 5}, "day must be a day"),
        ("notes", NOTE | {"text": ""}, "text must have 1 to 2000"),
        ("notes", NOTE | {"text": " \u00a0\u2003\n"}, "text holds white space alone."),
        ("notes", NOTE | {"text": "x" * 2001}, "text must have 1 to 2000"),
        ("notes", NOTE | {"text": "a\0b"}, "text holds a character of code 0"),
        ("notes", NOTE | {"text": "\ud800"}, "text holds half a character"),
        ("notes", NOTE | {"text": None}, "text"),
        ("notes", NOTE | {"written_by": 2}, "written_by is nothing that this entry has"),
        ("notes", [NOTE], "Invalid input"),
        ("goals", GOAL | {"metric": "x'; DROP"}, "metric must be a name"),
        ("goals", GOAL | {"value": "NaN"}, "value must be a number"),
        ("goals", GOAL | {"value": 1e31}, "value is too large"),
        ("goals", GOAL | {"value": "1e1000000"}, "value is too large"),
        ("alerts", ALERT | {"threshold": "-1e1000000"}, "threshold is too large"),
        ("goals", GOAL | {"value": True}, "value must be a number"),
        ("goals", GOAL | {"days": 0}, "days must be a whole number"),
        ("alerts", ALERT | {"direction": "over"}, "direction must be above or below"),
        ("alerts", ALERT | {"is_relative": "yes"}, "is_relative"),
        ("alerts", ALERT | {"webhook": "ftp://example.com"}, "webhook must be an address"),
        ("alerts", ALERT | {"webhook": "https://u:p@example.com"}, "webhook must be an address"),
        ("alerts", ALERT | {"webhook": "https://a b"}, "webhook must be an address"),
        ("alerts", ALERT | {"webhook": "https://[::1"}, "webhook must be an address"),
        ("alerts", ALERT | {"metric": "nothing"}, "metric is no metric of the catalogue"),
        ("alerts", ALERT | {"measure": "status"}, "measure is no number of session_day"),
        (
            "alerts",
            ALERT | {"metric": "rating", "measure": "reviews", "filters": {"mentor_id": "5,7"}},
            "must have one mentor_id",
        ),
        ("alerts", ALERT | {"filters": {"nothing": "1"}}, "session_day, which has no nothing"),
        ("alerts", ALERT | {"filters": {"day": "2026-11-27"}}, "session_day, which has no day"),
        (
            "alerts",
            ALERT | {"metric": "active_users", "measure": "users", "filters": {}},
            "is read",
        ),
        ("alerts", TOTAL | {"is_relative": True}, "is_relative needs a metric by day"),
        ("goals", GOAL | {"metric": "payment"}, "metric is no metric of the catalogue"),
        ("goals", GOAL | {"measure": "revenue"}, "measure is no number of payment_day"),
        ("goals", GOAL | {"filters": {"currency": "rub"}}, "filters.currency"),
        ("goals", BUSY | {"filters": {"mentor_id": "one"}}, "filters.mentor_id must be a whole"),
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
    assert_problem(post(b'{"day":' + b"9" * 5000 + b"}"), 400)
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
        services(app)[Reader].close()


server = server_of_a_module("test_entries")


def sent(server: Server, head: str, *parts: bytes, pause: float = 0) -> tuple[int, str]:
    """Status and body of what is answered to a request that comes in parts."""
    token = bearer(sign(ADMIN, role="admin"))["Authorization"]
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as line:
        line.sendall(
            f"POST {address('notes')} HTTP/1.1\r\nHost: here\r\nAuthorization: {token}\r\n"
            f"Content-Type: application/json\r\nConnection: close\r\n{head}\r\n\r\n".encode()
        )
        for part in parts:
            time.sleep(pause)
            line.sendall(part)
        answer = http.client.HTTPResponse(line)
        answer.begin()
        return answer.status, answer.read().decode()


def test_the_server_reads_a_body_whole_or_in_parts_and_none_that_is_large_or_late(
    server: Server,
) -> None:
    body = json.dumps(NOTE).encode()
    length = f"Content-Length: {len(body)}"
    assert sent(server, length, body)[0] == 200
    assert sent(server, length, body[:9], body[9:], pause=0.2)[0] == 200
    chunks = [b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:20], body[20:])]
    assert sent(server, "Transfer-Encoding: chunked", *chunks, b"0\r\n\r\n")[0] == 200
    assert sent(server, "Content-Length: 20000", b" " * 20000)[0] == 413
    assert sent(server, "Content-Length: 0")[0] == 422
    status, said = sent(server, length, body[:9])
    assert (status, "within seconds" in said) == (400, True)
    with connect(server.settings.analytics_url()) as connection:
        texts = connection.execute("SELECT text, written_by FROM kept.note").fetchall()
    assert texts == [(NOTE["text"], ADMIN)] * 3
