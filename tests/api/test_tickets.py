"""Tickets let an EventSource in, once, soon, and as their owner only."""

import time
from collections.abc import Callable
from unittest.mock import Mock
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import create_environ

from api.access import tickets
from api.access.tickets import LIFETIME, Place, Tickets
from api.answers.cache import Cache
from api.app import create_app
from api.database.reader import Reader
from api.live.stream import Streams
from api.services import services
from shared.settings import Settings
from tests.support.contract import assert_problem
from tests.support.tokens import bearer, sign
from tests.support.world import ADMIN, DEACTIVATED, DELETED, DEMOTED, LEARNER, MENTOR

ROOT = "/api/v1/analytics"

STREAM = f"{ROOT}/stream"

TICKET = f"{STREAM}/ticket"

DOWNLOAD = f"{ROOT}/download/ticket"

SOMEWHERE = Place.of("/somewhere", "a=b")

Serve = Callable[..., FlaskClient]


def ticket_of(client: FlaskClient, user_id: int) -> str:
    response = client.post(TICKET, headers=bearer(sign(user_id)))
    assert response.status_code == 200
    return response.json["ticket"]


def link(client: FlaskClient, user_id: int, address: str) -> str:
    """As a page makes it: the address with a ticket for it."""
    asked = urlencode({"address": address})
    response = client.post(f"{DOWNLOAD}?{asked}", headers=bearer(sign(user_id)))
    assert response.status_code == 200, response.text
    return f"{ROOT}/{address}{'&' if '?' in address else '?'}ticket={response.json['ticket']}"


@pytest.fixture
def subscribe(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Mock:
    """Is told who would get a stream."""
    subscribe = Mock()
    monkeypatch.setattr(services(app)[Streams], "subscribe", subscribe)
    return subscribe


@pytest.mark.parametrize("user_id", [ADMIN, LEARNER])
def test_a_ticket_opens_one_stream_as_its_owner(
    client: FlaskClient, subscribe: Mock, user_id: int
) -> None:
    path = f"{STREAM}?ticket={ticket_of(client, user_id)}"
    response = client.get(path)

    assert (response.status_code, response.mimetype) == (200, "text/event-stream")
    account, _ = subscribe.call_args.args
    assert (account.id, account.is_admin) == (user_id, user_id == ADMIN)
    assert_problem(client.get(path), 401)
    assert subscribe.call_count == 1


def test_a_ticket_says_how_long_it_is_good_and_is_kept_by_nobody(client: FlaskClient) -> None:
    response = client.post(TICKET, headers=bearer(sign(LEARNER)))

    assert response.json["expires_in"] == LIFETIME == 30
    assert response.headers["Cache-Control"] == "no-store"
    assert "ETag" not in response.headers
    assert len({ticket_of(client, LEARNER) for _ in range(50)}) == 50


def test_a_ticket_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets, "LIFETIME", 0.05)
    quick = Tickets()
    first, second = quick.give(LEARNER, SOMEWHERE), quick.give(ADMIN, SOMEWHERE)

    assert quick.redeem(first, SOMEWHERE) == LEARNER
    time.sleep(0.06)
    assert quick.redeem(second, SOMEWHERE) is None


def test_waiting_tickets_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets, "MOST", 3)
    few = Tickets()
    given = [few.give(user_id, SOMEWHERE) for user_id in range(1, 6)]

    assert [few.redeem(ticket, SOMEWHERE) for ticket in given] == [None, None, 3, 4, 5]


@pytest.mark.parametrize("ticket", ["", "x", "A" * 43, "%00", "%FF", "' OR 1=1", "x" * 8000])
def test_what_was_not_given_is_no_ticket(client: FlaskClient, ticket: str) -> None:
    assert_problem(client.get(f"{STREAM}?ticket={ticket}"), 401)


def test_a_ticket_is_no_token(client: FlaskClient) -> None:
    ticket = ticket_of(client, ADMIN)

    for path in ("platform", "me/engagement", "stream"):
        assert_problem(client.get(f"/api/v1/analytics/{path}", headers=bearer(ticket)), 401)
        if path != "stream":
            assert_problem(client.get(f"/api/v1/analytics/{path}?ticket={ticket}"), 401)
    assert_problem(client.post(f"{TICKET}?ticket={ticket}"), 401)


def test_a_ticket_needs_a_token_of_somebody_active(client: FlaskClient) -> None:
    assert_problem(client.post(TICKET), 401)
    assert_problem(client.post(TICKET, headers=bearer(sign(DELETED))), 401)
    assert_problem(client.post(TICKET, headers=bearer(sign(DEACTIVATED))), 403)


def test_a_ticket_of_somebody_deactivated_since_is_refused(app: Flask, client: FlaskClient) -> None:
    ticket = services(app)[Tickets].give(DEACTIVATED, Place.everywhere_at(STREAM))

    assert_problem(client.get(f"{STREAM}?ticket={ticket}"), 403)


def test_a_ticket_is_asked_for_without_a_body_or_parameters(admin: FlaskClient) -> None:
    assert_problem(admin.post(TICKET, json={}), 400)
    assert_problem(admin.post(f"{TICKET}?days=1"), 422)
    assert_problem(admin.get(TICKET), 405)


def test_a_ticket_is_for_the_process_that_gave_it(client: FlaskClient, served: Serve) -> None:
    assert_problem(served().get(f"{STREAM}?ticket={ticket_of(client, LEARNER)}"), 401)


@pytest.mark.parametrize(
    ("user_id", "address"),
    [
        (ADMIN, "courses?format=csv"),
        (ADMIN, "courses?format=xlsx&search=Python+%D0%B4%D0%BB%D1%8F&sort=title"),
        (ADMIN, f"user/{LEARNER}/engagement?format=csv"),
        (LEARNER, f"user/{LEARNER}/engagement?format=csv"),
        (LEARNER, "me/engagement"),
        (MENTOR, "me/engagement?format=csv"),
    ],
)
def test_a_link_gives_its_owners_file_once(client: FlaskClient, user_id: int, address: str) -> None:
    place = link(client, user_id, address)
    response = client.get(place)
    expected = client.get(f"{ROOT}/{address}", headers=bearer(sign(user_id)))

    assert (response.status_code, response.mimetype) == (200, expected.mimetype)
    if response.mimetype != "application/json":
        assert response.headers["Content-Disposition"] == expected.headers["Content-Disposition"]
    if "xlsx" not in address:
        assert response.data == expected.data
    assert_problem(client.get(place), 401)


def test_a_links_parameters_may_be_spelled_otherwise(client: FlaskClient) -> None:
    place = link(client, ADMIN, "courses?search=для&format=csv")
    ticket = place.rpartition("=")[2]
    path = f"{ROOT}/courses?ticket={ticket}&%66ormat=csv&search=%D0%B4%D0%BB%D1%8F"

    assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    "other",
    [
        "courses?format=xlsx",
        "courses",
        "courses?format=csv&sort=title",
        "courses?format=csv&format=csv",
        "courses?format=csv&days=7",
        "platform?format=csv",
        "me/engagement?format=csv",
        "user/2/engagement?format=csv",
        "stream?format=csv",
        "stream",
    ],
)
def test_a_link_leads_nowhere_else_and_is_used_up(client: FlaskClient, other: str) -> None:
    place = link(client, ADMIN, "courses?format=csv")
    ticket = place.rpartition("=")[2]

    assert_problem(client.get(f"{ROOT}/{other}{'&' if '?' in other else '?'}ticket={ticket}"), 401)
    assert_problem(client.get(place), 401)


def test_a_links_ticket_gets_no_other_ticket(client: FlaskClient) -> None:
    for address in (TICKET, f"{DOWNLOAD}?address=courses"):
        ticket = link(client, ADMIN, "courses").rpartition("=")[2]
        asked = f"{address}{'&' if '?' in address else '?'}ticket={ticket}"
        assert_problem(client.post(asked), 401)


def test_two_tickets_are_none(client: FlaskClient) -> None:
    place = link(client, ADMIN, "courses?format=csv")

    assert_problem(client.get(f"{place}&ticket={place.rpartition('=')[2]}"), 401)
    assert_problem(client.get(f"{place}&ticket="), 401)


@pytest.mark.parametrize(
    "address",
    [
        *("", "nothing", "stream", "stream/ticket", "download/ticket", "../../../docs", "/courses"),
        *(
            "http://elsewhere/courses",
            "//courses",
            "courses/",
            "user/0/engagement",
            "\0",
            "%63ourses",
        ),
    ],
)
def test_there_are_links_to_answers_only(client: FlaskClient, address: str) -> None:
    asked = urlencode({"address": address})

    assert_problem(client.post(f"{DOWNLOAD}?{asked}", headers=bearer(sign(ADMIN))), 404)


def test_a_link_has_to_be_permitted(client: FlaskClient) -> None:
    for address in ("courses", "user/1/engagement", "user/999/engagement"):
        headers = bearer(sign(LEARNER, role="admin"))
        assert_problem(client.post(f"{DOWNLOAD}?address={address}", headers=headers), 403)
    assert_problem(client.post(f"{DOWNLOAD}?address=courses"), 401)
    assert_problem(client.post(DOWNLOAD, headers=bearer(sign(ADMIN))), 422)
    assert_problem(client.get(DOWNLOAD, headers=bearer(sign(ADMIN))), 405)


@pytest.mark.parametrize(
    ("user_id", "status"), [(DEACTIVATED, 403), (DEMOTED, 403), (DELETED, 401)]
)
def test_permission_is_decided_again_when_a_link_is_used(
    app: Flask, client: FlaskClient, user_id: int, status: int
) -> None:
    place = Place.of(f"{ROOT}/courses", "format=csv")
    ticket = services(app)[Tickets].give(user_id, place)

    assert_problem(client.get(f"{ROOT}/courses?format=csv&ticket={ticket}"), status)


def test_what_a_link_asks_for_wrongly_is_said_when_it_is_used(client: FlaskClient) -> None:
    assert_problem(client.get(link(client, ADMIN, "revenue?days=0&format=csv")), 422)


def test_a_ticket_is_written_and_remembered_nowhere(
    app: Flask, client: FlaskClient, capfd: pytest.CaptureFixture[str]
) -> None:
    for address in ("sessions?days=11&format=csv", "sessions?days=0", f"user/{LEARNER}/engagement"):
        place = link(client, ADMIN, address)
        ticket = place.rpartition("=")[2]
        client.get(place)
        client.get(place)
        kept = services(app)[Cache]
        assert ticket not in str([*kept._answers, *kept._spellings])  # noqa: SLF001
        assert ticket not in "".join(capfd.readouterr())


def test_a_link_that_comes_too_early_is_answered_when_it_is_time(world: Settings) -> None:
    """The server asks the app a second time, with the same environment."""
    app = create_app(world)
    client = app.test_client()
    environ = create_environ(link(client, ADMIN, "sessions?min_as_of=2999-01-01T00:00:00Z"))

    statuses: list[str] = []
    for _ in range(2):
        list(app.wsgi_app(environ, lambda status, *_: statuses.append(status[:3])))
    services(app)[Reader].close()
    assert statuses == ["503", "503"]
