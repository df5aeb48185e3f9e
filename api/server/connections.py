"""Connections that take the places of others: Granian bounds how many there are, not whose.

Linux tells whose each is and whether its client reads. Elsewhere, and behind a proxy, whose address
all of them have, nothing is bounded here.
"""

import os
import socket
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Thread

import structlog

from api.requests.rate_limits import network
from shared.settings import Settings

PATIENCE = 15
"""Seconds that a client may read nothing of what was sent."""

SEND_BUFFER = 128 * 2**10
"""Bytes that the kernel takes off us for a client that reads slowly."""

MOST = 3500
"""In all: fewer than Granian accepts, so that there is room for the next."""

PACE = 0.5
"""Seconds between two looks."""

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))

DESCRIPTORS = Path("/proc/self/fd")

ESTABLISHED, CLOSE_WAIT = "01", "08"

log = structlog.get_logger("analytics")


@dataclass(frozen=True)
class Connection:
    """`number`: the kernel's, a later one has a larger. `unread`: bytes sent and not taken."""

    address: str
    unread: int
    number: int

    @property
    def worth(self) -> tuple[bool, int]:
        """Who reads nothing goes first, then who came first: who has just come is answered."""
        return self.unread == 0, self.number


class Connections:
    """Ends those that are too many of an address; `per_address` 0 is no bound."""

    def __init__(self, settings: Settings) -> None:
        self._per_address = 0 if settings.trusted_proxies else settings.connections_per_address
        self._ports: set[int] = set()
        self._done = Event()
        self._thread = Thread(target=self._run, name="connections", daemon=True)

    def start(self) -> None:
        if TABLES[0].exists():
            self._thread.start()

    def stop(self) -> None:
        self._done.set()

    def _run(self) -> None:
        # Granian listens only after it has told us to begin.
        while not self._ports and not self._done.wait(PACE):
            self._find_listeners()
        while self._per_address and not self._done.wait(PACE):
            ended = _end({each.number for each in too_many(read(self._ports), self._per_address)})
            if ended:
                log.warning("Analytics: an address has too many connections", ended=ended)

    def _find_listeners(self) -> None:
        for listener in _listeners():
            with listener:
                _be_strict(listener)
                self._ports.add(listener.getsockname()[1])


def too_many(connections: Iterable[Connection], per_address: int) -> list[Connection]:
    """Those to be ended: where there are too many in all, of the addresses that have the most."""
    by_network: dict[str, list[Connection]] = defaultdict(list)
    for each in connections:
        by_network[network(each.address)].append(each)
    while sum(min(len(each), per_address) for each in by_network.values()) > MOST:
        per_address = per_address * 3 // 4
    return [
        surplus
        for each in by_network.values()
        if len(each) > per_address
        for surplus in sorted(each, key=lambda one: one.worth)[: len(each) - per_address]
    ]


def _be_strict(listener: socket.socket) -> None:
    """What it accepts from now on inherits this."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # It counts a closed window, too, and not only a dead network.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000 * PATIENCE)


def _listeners() -> Iterator[socket.socket]:
    """Those of the process, by other descriptors of them."""
    for descriptor in _descriptors():
        found = _socket(descriptor)
        if found is None:
            continue
        listens = hasattr(socket, "SO_ACCEPTCONN") and found.family in (
            socket.AF_INET,
            socket.AF_INET6,
        )
        if listens and found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            yield found
        else:
            found.close()


def read(ports: set[int]) -> Iterator[Connection]:
    """What is connected to the ports. Connections that wait to be accepted have no number."""
    for table in TABLES:
        with suppress(FileNotFoundError), table.open() as lines:
            next(lines)
            for line in lines:
                _, ours, theirs, state, queues, _, _, _, _, number, *_ = line.split()
                if (
                    state in (ESTABLISHED, CLOSE_WAIT)
                    and int(ours.rpartition(":")[2], 16) in ports
                    and number != "0"
                ):
                    unread = int(queues.partition(":")[0], 16)
                    yield Connection(_address(theirs.partition(":")[0]), unread, int(number))


@lru_cache(4096)
def _address(text: str) -> str:
    """The kernel writes addresses as words in the machine's own order of bytes."""
    words = [bytes.fromhex(text[place : place + 8])[::-1] for place in range(0, len(text), 8)]
    return str(ip_address(b"".join(words)))


def _end(numbers: set[int]) -> int:
    """How many of them were ended. The server hears of it as if the client had gone."""
    ended = 0
    for descriptor in _descriptors() if numbers else ():
        with suppress(OSError):  # it is closed already
            name = _name(descriptor)
            if name.startswith("socket:[") and int(name[8:-1]) in numbers:
                found = _socket(descriptor)
                # another connection may have got the descriptor meanwhile
                if found and _name(found.fileno()) == name:
                    found.shutdown(socket.SHUT_RDWR)
                    ended += 1
                if found:
                    found.close()
    return ended


def _name(descriptor: int) -> str:
    return str((DESCRIPTORS / str(descriptor)).readlink())


def _descriptors() -> list[int]:
    with suppress(FileNotFoundError):
        return [int(each.name) for each in DESCRIPTORS.iterdir()]
    return []


def _socket(descriptor: int) -> socket.socket | None:
    """By another descriptor, that of the server stays its own."""
    try:
        copy = os.dup(descriptor)
    except OSError:
        return None
    try:
        return socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        return None
