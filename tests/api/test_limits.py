"""Who asks too often waits; who has done nothing wrong doesn't."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from freezegun import freeze_time
from freezegun.api import FrozenDateTimeFactory

from api.database.reader import Reader
from api.requests import rate_limits
from api.requests.rate_limits import Limits
from api.services import services
from tests.support.contract import assert_problem
from tests.support.tokens import bearer, sign
from tests.support.world import ADMIN, LEARNER, OTHER_LEARNER

ROOT = "/api/v1/analytics"

PLACE = f"{ROOT}/me/engagement"

Serve = Callable[..., FlaskClient]


@pytest.fixture
def clock() -> Iterator[FrozenDateTimeFactory]:
    """Stands at the beginning of a minute."""
    with freeze_time(datetime.now(UTC).replace(second=0, microsecond=0)) as clock:
        yield clock


def ask(client: FlaskClient, token: str = "", **headers: str) -> int:
    return client.get(PLACE, headers=bearer(token) | headers).status_code


def ask_until_refused(client: FlaskClient, token: str) -> int:
    """How many were answered before."""
    return next(n for n in range(99) if ask(client, token) == 429)


def units_left(client: FlaskClient, user_id: int) -> float:
    (limit,) = services(client.application)[Limits]._users  # noqa: SLF001
    return limit._now(user_id)  # noqa: SLF001


def ask_from(client: FlaskClient, address: str, forwarded: str = "", token: str = "") -> int:
    headers = bearer(token) | ({"X-Forwarded-For": forwarded} if forwarded else {})
    origin = {"REMOTE_ADDR": address}
    return client.get(PLACE, headers=headers, environ_base=origin).status_code


def test_a_user_may_ask_so_many_times_at_once_and_then_as_fast(
    served: Serve, clock: FrozenDateTimeFactory
) -> None:
    client = served(rate_limit_per_user="3/minute")
    token = sign(LEARNER)
    assert ask_until_refused(client, token) == 3
    response = client.get(PLACE, headers=bearer(token))
    assert_problem(response, 429)
    assert response.headers["Retry-After"] == "20"
    assert response.json["detail"] == "Too many requests: try again in 20 seconds."
    assert ask(client, sign(LEARNER)) == 429, "another token is no other user"
    assert ask(client, sign(OTHER_LEARNER)) == 200

    clock.tick(timedelta(seconds=19.5))
    assert client.get(PLACE, headers=bearer(token)).json["detail"].endswith("in 1 second.")
    clock.tick(timedelta(seconds=0.5))
    assert [ask(client, token) for _ in range(2)] == [200, 429], "who was refused paid nothing"
    clock.tick(timedelta(minutes=9))
    assert ask_until_refused(client, token) == 3


@pytest.mark.usefixtures("clock")
def test_every_kind_of_request_of_a_user_counts(served: Serve) -> None:
    client = served(rate_limit_per_user="6/minute")
    headers = bearer(sign(LEARNER))
    etag = client.get(PLACE, headers=headers).headers["ETag"]
    paths = ["platform", "user/999/engagement", "me/engagement?days=1", "me/engagement"]
    statuses = [
        client.get(
            f"/api/v1/analytics/{path}", headers=headers | {"If-None-Match": etag}
        ).status_code
        for path in paths
    ]
    assert statuses == [403, 403, 422, 304]
    assert client.post("/api/v1/analytics/stream/ticket", headers=headers).status_code == 200

    assert client.get("/api/v1/analytics/stream", headers=headers).status_code == 429


def test_several_limits_hold_together(served: Serve, clock: FrozenDateTimeFactory) -> None:
    client = served(rate_limit_per_user="2/second; 3/minute")
    token = sign(LEARNER)

    assert [ask(client, token) for _ in range(3)] == [200, 200, 429]
    clock.tick(1)
    assert [ask(client, token) for _ in range(2)] == [200, 429]
    clock.tick(60)
    assert ask(client, token) == 200


@pytest.mark.parametrize(
    ("place", "bodies"), [("courses", 1), ("courses?format=csv", 2), ("courses?format=xlsx", 6)]
)
def test_a_body_costs_its_bytes_and_what_is_known_a_unit(
    served: Serve,
    clock: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    bodies: int,
) -> None:
    client = served(rate_limit_per_user="1000/minute")
    headers = bearer(sign(ADMIN))
    body = client.get(f"{ROOT}/courses", headers=headers).data
    clock.tick(60)
    monkeypatch.setattr(rate_limits, "UNIT_BYTES", len(body))
    monkeypatch.setattr(rate_limits, "UNITS_A_SECOND", 0)

    before = units_left(client, ADMIN)
    response = client.get(f"{ROOT}/{place}", headers=headers)
    assert before - units_left(client, ADMIN) == pytest.approx(1 + bodies)
    known = headers | {"If-None-Match": response.headers["ETag"]}
    before = units_left(client, ADMIN)
    assert client.get(f"{ROOT}/{place}", headers=known).status_code == 304
    assert before - units_left(client, ADMIN) == pytest.approx(1)


def test_the_databases_time_is_paid_afterwards(
    served: Serve, clock: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = served(rate_limit_per_user="100/second")
    execute = Reader.row

    def slow(self: Reader, name: str, **parameters: object) -> object:
        if name == "sessions":
            clock.tick(timedelta(seconds=3))
        return execute(self, name, **parameters)

    monkeypatch.setattr(Reader, "row", slow)
    token = bearer(sign(ADMIN))
    asked = client.get(f"{ROOT}/sessions", headers=token)
    assert asked.status_code == 200
    refused = client.get(f"{ROOT}/platform", headers=token)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3")
    assert ask(client, sign(LEARNER)) == 200

    clock.tick(timedelta(seconds=3))
    assert client.get(f"{ROOT}/platform", headers=token).status_code == 200


def test_an_address_may_fail_so_many_times_a_window(
    served: Serve, clock: FrozenDateTimeFactory
) -> None:
    client = served(rate_limit_per_address="3/minute")

    assert [ask(client, "guess") for _ in range(3)] == [401, 401, 401]
    response = client.get(PLACE, headers=bearer("guess"))
    assert_problem(response, 429)
    assert response.headers["Retry-After"] == "20"
    assert "WWW-Authenticate" not in response.headers
    assert ask_from(client, "203.0.113.9") == 401

    clock.tick(timedelta(seconds=20))
    assert [ask(client, "guess") for _ in range(2)] == [401, 429]


@pytest.mark.usefixtures("clock")
def test_what_is_forbidden_counts_for_the_address(served: Serve) -> None:
    client = served(rate_limit_per_address="3/minute")
    headers = bearer(sign(LEARNER))
    statuses = [
        client.get(f"/api/v1/analytics/user/{user}/engagement", headers=headers).status_code
        for user in (1, 3, 999, 998)
    ]

    assert statuses == [403, 403, 403, 429]


def test_whoever_may_read_is_not_stopped_by_neighbours(served: Serve) -> None:
    client = served(rate_limit_per_address="1/minute")
    assert [ask(client, f"guess{n}") for n in range(5)][1:] == [429] * 4

    assert ask(client, sign(LEARNER)) == 200
    assert ask(client, sign(ADMIN)) == 200


def test_other_faults_count_for_no_address(served: Serve) -> None:
    client = served(rate_limit_per_address="1/hour")
    headers = bearer(sign(LEARNER))

    for _ in range(5):
        assert client.get("/nothing").status_code == 404
        assert client.post(PLACE, headers=headers).status_code == 405
        assert client.get(f"{PLACE}?days=1", headers=headers).status_code == 422
    assert ask(client, "guess") == 401


def test_an_address_is_not_what_the_client_says(served: Serve) -> None:
    client = served(rate_limit_per_address="1/hour")
    headers = ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Client-IP", "True-Client-IP"]

    statuses = [ask(client, "guess", **{name: f"203.0.113.{n}"}) for n, name in enumerate(headers)]
    assert statuses == [401, 429, 429, 429, 429]


@pytest.mark.parametrize(
    ("proxies", "first", "second", "status"),
    [
        (1, "198.51.100.1", "198.51.100.1", 429),
        (1, "198.51.100.1", "198.51.100.2", 401),
        (1, "203.0.113.1, 198.51.100.1", "203.0.113.2, 198.51.100.1", 429),
        (1, "203.0.113.1, 198.51.100.1", "203.0.113.1, 198.51.100.2", 401),
        (2, "203.0.113.1, 198.51.100.1", "203.0.113.1, 198.51.100.2", 429),
        (2, "6.6.6.6, 203.0.113.1, 198.51.100.1", "203.0.113.1, 198.51.100.1", 429),
        (2, "203.0.113.1, 198.51.100.1", "203.0.113.2, 198.51.100.1", 401),
        (0, "198.51.100.1", "198.51.100.2", 429),
        (1, "", "", 429),
        (1, "unknown", "unknown", 429),
    ],
)
def test_trusted_proxies_say_who_asks(
    served: Serve, proxies: int, first: str, second: str, status: int
) -> None:
    client = served(rate_limit_per_address="1/hour", trusted_proxies=proxies)

    assert ask_from(client, "127.0.0.1", first) == 401
    assert ask_from(client, "127.0.0.1", second) == status


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", 429),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", 401),
        ("[2001:db8:1:2::1]", "[2001:db8:1:2::2]", 429),
        ("::ffff:203.0.113.1", "::ffff:203.0.113.2", 401),
        ("203.0.113.1", "203.0.113.2", 401),
    ],
)
def test_whoever_has_an_ipv6_network_is_one(
    served: Serve, first: str, second: str, status: int
) -> None:
    client = served(rate_limit_per_address="1/hour")

    assert ask_from(client, first) == 401
    assert ask_from(client, second) == status


def test_empty_limits_are_none(served: Serve) -> None:
    client = served(rate_limit_per_user="", rate_limit_per_address="")

    assert {ask(client, sign(LEARNER)) for _ in range(200)} == {200}
    assert {ask(client, "guess") for _ in range(200)} == {401}
