"""Tickets let an EventSource in, once, soon, and as their owner only."""

import time
from collections.abc import Callable
from unittest.mock import Mock

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api import tickets
from api.stream import EXTENSION
from api.tickets import LIFETIME, Tickets
from tests.api.test_bad_input import assert_problem
from tests.api.tokens import bearer, sign
from tests.api.world import ADMIN, DEACTIVATED, DELETED, LEARNER

STREAM = "/api/v1/analytics/stream"

TICKET = f"{STREAM}/ticket"

Serve = Callable[..., FlaskClient]


def ticket_of(client: FlaskClient, user_id: int) -> str:
    response = client.post(TICKET, headers=bearer(sign(user_id)))
    assert response.status_code == 200
    return response.json["ticket"]


@pytest.fixture
def subscribe(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Mock:
    """Is told who would get a stream."""
    subscribe = Mock()
    monkeypatch.setattr(app.extensions[EXTENSION], "subscribe", subscribe)
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
    first, second = quick.give(LEARNER), quick.give(ADMIN)

    assert quick.redeem(first) == LEARNER
    time.sleep(0.06)
    assert quick.redeem(second) is None


def test_waiting_tickets_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets, "MOST", 3)
    few = Tickets()
    given = [few.give(user_id) for user_id in range(1, 6)]

    assert [few.redeem(ticket) for ticket in given] == [None, None, 3, 4, 5]


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
    ticket = app.extensions[tickets.EXTENSION].give(DEACTIVATED)

    assert_problem(client.get(f"{STREAM}?ticket={ticket}"), 403)


def test_a_ticket_is_asked_for_without_a_body_or_parameters(admin: FlaskClient) -> None:
    assert_problem(admin.post(TICKET, json={}), 400)
    assert_problem(admin.post(f"{TICKET}?days=1"), 422)
    assert_problem(admin.get(TICKET), 405)


def test_a_ticket_is_for_the_process_that_gave_it(client: FlaskClient, served: Serve) -> None:
    assert_problem(served().get(f"{STREAM}?ticket={ticket_of(client, LEARNER)}"), 401)
