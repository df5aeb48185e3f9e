"""Clients that the real server cuts short, before any of our code sees them."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from ops.local.embedded import Postgres
from tests.support.issuers import RSA, Publisher, jwks, publishing, sign_as
from tests.support.processes import wait_until
from tests.support.server import Server, serving_new
from tests.support.tokens import bearer, sign
from tests.support.world import ADMIN, LEARNER

PLACE = "/api/v1/analytics/me/engagement"

PREVIOUS = "the key before the current one: 32 bytes or more"

ORIGIN = "https://mentorhub.example"

PATIENCE = 10
"""Seconds in which a request's head must have come."""


@pytest.fixture(scope="module")
def publisher() -> Iterator[Publisher]:
    """Says nothing yet to whoever asks for MentorHub's public keys."""
    with publishing(jwks(first=RSA)) as publisher:
        publisher.before = publisher.speaks.wait
        yield publisher
        publisher.speaks.set()


@pytest.fixture(scope="module")
def server(
    postgres: Postgres,
    analytics_template: str,
    publisher: Publisher,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    with serving_new(
        postgres,
        analytics_template,
        "test_hostile_clients",
        tmp_path_factory.mktemp("hostile"),
        jwt_previous_keys=(f"not {PREVIOUS}", PREVIOUS),
        jwt_jwks=publisher.url,
        cors_origins=("http://localhost:3000", ORIGIN),
    ) as server:
        yield server


def talk(server: Server, *lines: str, ended: bool = True) -> tuple[bytes, float]:
    """What is answered until the server hangs up, and after how many seconds it did."""
    began = time.monotonic()
    with closing(socket.create_connection(("127.0.0.1", server.port), 2 * PATIENCE)) as connection:
        connection.sendall("".join(f"{line}\r\n" for line in (*lines, *[""] * ended)).encode())
        with connection.makefile("rb") as answer:
            return answer.read(), time.monotonic() - began


def authorization(user_id: int = LEARNER) -> str:
    return f"Authorization: {bearer(sign(user_id))['Authorization']}"


def request(*headers: str, path: str = PLACE) -> list[str]:
    return [f"GET {path} HTTP/1.1", "Host: x", "Connection: close", *headers]


def test_a_usual_request_is_answered(server: Server) -> None:
    answer, _ = talk(server, *request(authorization()))

    assert answer.startswith(b"HTTP/1.1 200 ")


def test_the_server_is_told_of_previous_keys_and_other_origins(server: Server) -> None:
    token = bearer(sign(LEARNER, key=PREVIOUS))["Authorization"]
    answer, _ = talk(server, *request(f"Authorization: {token}", f"Origin: {ORIGIN}"))

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert f"access-control-allow-origin: {ORIGIN}".encode() in answer.lower()


def test_whose_keys_are_published_late_is_let_in_then(server: Server, publisher: Publisher) -> None:
    token = bearer(sign_as(RSA, LEARNER, kid="first"))["Authorization"]

    def status() -> bytes:
        return talk(server, *request(f"Authorization: {token}"))[0][9:12]

    assert status() == b"503"
    publisher.speaks.set()
    assert wait_until(lambda: status() == b"200")


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(request(path=f"{PLACE}?{'x' * 20_000}"), id="query"),
        pytest.param(request(path=f"/{'x' * 20_000}"), id="path"),
        pytest.param(request(f"X: {'x' * 20_000}"), id="header"),
        pytest.param(request(f"Authorization: Bearer {'x' * 20_000}"), id="token"),
        pytest.param(request(*["X: y"] * 5000), id="headers"),
    ],
)
def test_a_head_that_is_too_long_is_431(server: Server, lines: list[str]) -> None:
    answer, _ = talk(server, *lines)

    assert answer.startswith(b"HTTP/1.1 431 ")


def test_who_is_slow_or_silent_is_hung_up_on(server: Server) -> None:
    slow = [
        ([], False),
        (["GET / HTTP/1.1"], False),
        (["GET / HTTP/1.1", "Host: x", "X: y"], False),
        (["GET /healthz HTTP/1.1", "Host: x"], True),  # which keeps its connection
    ]
    with ThreadPoolExecutor(len(slow)) as pool:
        ends = list(pool.map(lambda each: talk(server, *each[0], ended=each[1])[1], slow))

    assert all(PATIENCE - 1 < end < PATIENCE + 3 for end in ends), ends


@pytest.mark.parametrize("length", ["Content-Length: 1000000000", "Transfer-Encoding: chunked"])
def test_a_body_is_not_waited_for(server: Server, length: str) -> None:
    answer, seconds = talk(server, *request(authorization(), length))

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert seconds < PATIENCE / 2


def test_http_2_is_not_spoken(server: Server) -> None:
    answer, _ = talk(server, "PRI * HTTP/2.0", "", "SM", ended=True)

    assert b"HTTP/1.1 2" not in answer
    assert b"\0" not in answer


@pytest.mark.parametrize("target", ["http://x", "x:80", "/"])
def test_an_address_without_a_path_is_the_root(server: Server, target: str) -> None:
    answer, _ = talk(server, f"GET {target} HTTP/1.1", "Host: x", "Connection: close")

    assert answer.startswith(b"HTTP/1.1 302 ")
    assert b"<html" not in answer


@pytest.mark.parametrize("method", ["get", "Get", "head", "post", "oPTIONS"])
def test_a_method_has_one_spelling(server: Server, method: str) -> None:
    _, *rest = request(authorization())
    answer, _ = talk(server, f"{method} {PLACE} HTTP/1.1", *rest)

    assert answer.startswith(b"HTTP/1.1 405 ")
    assert b"\r\nallow: " in answer.lower()


def test_two_tokens_are_none(server: Server) -> None:
    for first, second in ((LEARNER, ADMIN), (ADMIN, LEARNER), (ADMIN, ADMIN)):
        answer, _ = talk(server, *request(authorization(first), authorization(second)))
        assert answer.startswith(b"HTTP/1.1 401 ")


def test_a_header_with_an_underscore_is_no_other_header(server: Server) -> None:
    answer, _ = talk(server, *request(authorization(), "If_None_Match: *"))

    assert answer.startswith(b"HTTP/1.1 200 ")


def test_what_streams_is_shielded_too(server: Server) -> None:
    with closing(server.client().listen()) as response:
        assert response.status == 200
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
