"""The API behind the nginx that is shipped, as Debian has it."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from tests.support.processes import wait_until
from tests.support.proxy import proxying
from tests.support.server import ROOT, Client, Server
from tests.support.tokens import bearer, sign
from tests.support.victim import raw, status_of
from tests.support.world import ADMIN, LEARNER


@pytest.fixture(scope="module")
def proxy(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of an nginx in front of the server."""
    folder = tmp_path_factory.mktemp("nginx")
    with proxying(folder, server.port) as port:
        assert wait_until(lambda: answers(port)), (folder / "log").read_text()
        yield port


def answers(port: int) -> bool:
    try:
        return status_of(port, raw(ADMIN, "platform")) == 200
    except OSError:
        return False


@pytest.fixture
def client(proxy: int) -> Iterator[Client]:
    with closing(Client(proxy)) as client:
        yield client


def test_answers_come_with_their_tags(client: Client) -> None:
    first = client.get("platform")
    again = client.get("platform", **{"If-None-Match": first.headers["ETag"]})

    assert (first.status, again.status) == (200, 304)
    assert first.headers["X-Analytics-As-Of"]
    assert client.get("revenue?format=csv").headers["Content-Type"].startswith("text/csv")


def test_events_are_not_held_back(client: Client) -> None:
    response = client.listen()

    assert response.status == 200
    assert b"retry:" in response.readline()
    names = {response.readline().partition(b":")[0].strip() for _ in range(6)}
    assert {b"id", b"data"} <= names


def test_the_dashboard_comes_through(proxy: int) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", proxy, timeout=10)) as connection:
        connection.request("GET", "/dashboard/")
        page = connection.getresponse()
        assert (page.status, page.headers.get_content_type()) == (200, "text/html")
        assert "script-src" in page.headers["Content-Security-Policy"]


def test_cookies_stay_with_the_proxy(client: Client) -> None:
    assert client.get("platform", Cookie="a=b;" * 1500).status == 200


def test_a_body_is_refused(proxy: int) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", proxy, timeout=10)) as connection:
        connection.request("POST", f"{ROOT}/platform", b"x" * 20_000, bearer(sign(ADMIN)))
        assert connection.getresponse().status == 413


def test_an_address_has_so_many_connections(proxy: int) -> None:
    stream = raw(LEARNER, "stream")
    with ExitStack() as stack:
        for _ in range(120):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", proxy), 10))
            connection.sendall(stream)
        assert wait_until(lambda: status_of(proxy, raw(ADMIN, "platform"), "127.0.0.2") == 200)


def test_who_sends_no_head_is_hung_up_on(proxy: int) -> None:
    with closing(socket.create_connection(("127.0.0.1", proxy), 30)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        with pytest.raises(ConnectionResetError):
            connection.recv(1000)
