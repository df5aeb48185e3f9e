"""Connections that take places and give nothing."""

import http.client
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.request import urlopen

import pytest

from api.document.pages import SWAGGER_UI
from api.server import connections
from api.server.connections import Connection, too_many
from tests.support.processes import wait_until
from tests.support.server import Server
from tests.support.victim import Attacked, raw, status_of
from tests.support.world import ADMIN

ASSET = b"GET /docs/assets/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n"

FIRST_LINE = b"GET / HTTP/1.1\r\n"

MANY = 4_150
"""More than Granian accepts."""


def opened(server: Server, stack: ExitStack, request: bytes, source: str) -> None:
    """A connection that has sent this and reads nothing."""
    connection = socket.socket()
    stack.callback(connection.close)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.bind((source, 0))
    connection.settimeout(30)
    connection.connect(("127.0.0.1", server.port))
    connection.sendall(request)


def held(server: Server) -> int:
    """Connections that the server has accepted and not ended."""
    port = f":{server.port:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(port) and row[3] in {"01", "08"} and row[9] != "0" for row in rows)


def unread(server: Server) -> int:
    """Connections whose clients have not taken all that they were sent."""
    return sum(each.unread > 0 for each in connections.read({server.port}))


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.mark.parametrize("request_", [ASSET, FIRST_LINE, b""], ids=["reads", "sends", "is silent"])
def test_who_takes_all_places_loses_them(
    server: Server, attacked: Callable[[str], Attacked], stack: ExitStack, request_: bytes
) -> None:
    attack = attacked(f"{MANY} connections: {request_[:24]!r}")
    for number in range(MANY):
        opened(server, stack, request_, f"127.0.0.{2 + number % 2}")
    assert wait_until(lambda: status_of(server.port, raw(ADMIN, "platform")) == 200)
    assert wait_until(lambda: held(server) <= 2 * 200 + 20)
    attack.repeat(lambda: time.sleep(0.1))

    # How many bodies are copied before the first connections are ended is the machine's affair.
    if request_ != ASSET:
        assert attack.grown() < 1200
    stack.close()
    assert wait_until(lambda: held(server) < 20)


@pytest.mark.parametrize("request_", [FIRST_LINE, b""], ids=["sends", "is silent"])
def test_whoever_shares_the_attackers_address_is_answered(
    server: Server, attacked: Callable[[str], Attacked], stack: ExitStack, request_: bytes
) -> None:
    """Behind one NAT, say: to us all of them are one."""
    attack = attacked(f"connections from the victim's own address: {request_[:24]!r}")

    def crowd() -> None:
        """Fewer than an address may have come before the victim is answered, busy as we are."""
        answered = len(attack.victim.waits)
        for _ in range(150):
            opened(server, stack, request_, "127.0.0.1")
        assert wait_until(lambda: len(attack.victim.waits) > answered)

    for _ in range(MANY // 150 + 1):
        crowd()
    attack.repeat(crowd)

    assert wait_until(lambda: held(server) <= 200 + 20)
    assert attack.grown() < 1200
    stack.close()
    assert wait_until(lambda: held(server) < 20)


def test_who_reads_nothing_makes_the_server_hold_no_copy(
    server: Server, attacked: Callable[[str], Attacked], stack: ExitStack
) -> None:
    """150 whole copies of the asset are 250 MB."""
    attack = attacked("150 connections that ask for 1.7 MB each and read nothing")
    for _ in range(150):
        opened(server, stack, ASSET, "127.0.0.2")
    assert wait_until(lambda: unread(server) >= 150)
    attack.repeat(lambda: time.sleep(0.1))

    assert attack.grown() < 100
    stack.close()
    assert wait_until(lambda: held(server) < 20)


def test_a_large_file_comes_whole_to_whoever_reads(server: Server) -> None:
    place = f"http://127.0.0.1:{server.port}/docs/assets/swagger-ui-bundle.js"
    whole = (SWAGGER_UI / "swagger-ui-bundle.js").read_bytes()
    with urlopen(place, timeout=30) as answer:
        assert answer.read() == whole
        assert answer.headers["Content-Length"] == str(len(whole))
        assert answer.headers.get_content_type() == "text/javascript"
        tag = answer.headers["ETag"]
    for method, given, status in (("GET", {"If-None-Match": tag}, 304), ("HEAD", {}, 200)):
        with closing(http.client.HTTPConnection("127.0.0.1", server.port)) as connection:
            connection.request(method, "/docs/assets/swagger-ui-bundle.js", headers=given)
            again = connection.getresponse()
            assert (again.status, again.read()) == (status, b"")


def test_who_reads_nothing_is_hung_up_on(server: Server, stack: ExitStack) -> None:
    before = held(server)
    for _ in range(20):
        opened(server, stack, ASSET, "127.0.0.1")
    assert wait_until(lambda: held(server) >= before + 20)

    assert wait_until(lambda: held(server) <= before, 3 * connections.PATIENCE)


def test_those_go_first_who_read_nothing_and_then_the_oldest() -> None:
    some = [Connection("1.1.1.1", unread, number) for number, unread in enumerate([0, 9, 0, 9, 0])]

    for most, stay in ((5, "01234"), (4, "0234"), (3, "024"), (2, "24"), (1, "4")):
        ended = {each.number for each in too_many(some, most)}
        assert {str(n) for n in range(5) if n not in ended} == set(stay)


def test_where_there_are_too_many_in_all_those_lose_who_have_the_most() -> None:
    large = [Connection(f"10.0.0.{n}", 0, 1000 * n + i) for n in range(9) for i in range(500)]
    small = [Connection("10.0.1.1", 0, n) for n in range(50)]
    ended = Counter(each.address for each in too_many([*large, *small], 500))

    assert "10.0.1.1" not in ended
    assert len(set(ended.values())) == 1
    left = len(large) + len(small) - sum(ended.values())
    assert connections.MOST / 2 < left <= connections.MOST


def test_an_ipv6_network_is_one_address() -> None:
    some = [Connection(f"2001:db8:1:2::{n:x}", 0, n) for n in range(10)]

    assert len(too_many(some, 4)) == 6


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("0100007F", "127.0.0.1"),
        ("0000000000000000FFFF00000100007F", "::ffff:7f00:1"),
        ("B80D0120000000000000000001000000", "2001:db8::1"),
    ],
)
def test_the_kernels_addresses_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, address: str
) -> None:
    table = tmp_path / "tcp"
    row = "0: {0}:1F90 {0}:C000 01 00000005:00000000 00:00000000 00000000 0 0 {1} 1 0 20 4"
    table.write_text("sl\n" + "\n".join([row.format(text, 77), row.format(text, 0)]) + "\n")
    monkeypatch.setattr(connections, "TABLES", (table,))

    (found,) = connections.read({0x1F90})
    assert (found.unread, found.number) == (5, 77)
    assert found.address in {address, "::ffff:127.0.0.1"}
    assert list(connections.read({1})) == []


@pytest.mark.parametrize(
    "hosts", [[], ["Host: x", "Host: x"], ["Host: x", "Host: y"], ["Host: a b"], ["Host: a/b"]]
)
def test_a_request_names_one_host(server: Server, hosts: list[str]) -> None:
    lines = ["GET /healthz HTTP/1.1", *hosts, "", ""]

    assert status_of(server.port, "\r\n".join(lines).encode()) == 400


@pytest.mark.parametrize(
    "lines",
    [
        ["GET /healthz HTTP/1.0"],
        ["GET /healthz HTTP/1.1", "Host: [::1]:8000"],
        ["GET http://x/healthz HTTP/1.1", "Host: x"],
    ],
)
def test_other_ways_to_name_it_are_right(server: Server, lines: list[str]) -> None:
    assert status_of(server.port, "\r\n".join([*lines, "", ""]).encode()) == 200


@pytest.mark.parametrize(
    "headers",
    [
        ["Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABk"],
        [
            *("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"),
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ],
    ],
)
def test_nothing_is_upgraded(server: Server, headers: list[str]) -> None:
    lines = ["GET /healthz HTTP/1.1", "Host: x", *headers, "", ""]

    assert status_of(server.port, "\r\n".join(lines).encode()) == 200
