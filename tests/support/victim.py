"""Who asks while others attack, and what it cost them and the server."""

import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Self

import psutil

from tests.support.server import ROOT, Server
from tests.support.tokens import bearer, sign
from tests.support.world import ADMIN

PATIENCE = 30
"""Seconds; whoever isn't answered by then was not answered."""


def raw(user_id: int, place: str, *headers: str, query: str = "") -> bytes:
    """A request as it goes over the wire."""
    token = bearer(sign(user_id))["Authorization"]
    lines = [f"GET {ROOT}/{place}{query} HTTP/1.1", "Host: x", f"Authorization: {token}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def status_of(port: int, request: bytes, source: str = "127.0.0.1") -> int:
    """The status of the answer to a request over a connection of its own."""
    address = ("127.0.0.1", port)
    with closing(socket.create_connection(address, PATIENCE, (source, 0))) as connection:
        connection.sendall(request)
        return int(connection.recv(12)[9:12])


class Victim:
    """Asks ten times a second, each time over a new connection."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._port = server.port
        self._request = raw(ADMIN, "platform")
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.waits: list[float] = []
        self.failed: list[object] = []
        self.memory: list[float] = []
        """MB of the server and all its processes, each time."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(0.1):
            began = time.monotonic()
            try:
                status = status_of(self._port, self._request)
            except (OSError, ValueError) as error:
                self.failed.append(error)
            else:
                if status != 200:
                    self.failed.append(status)
            self.waits.append(time.monotonic() - began)
            self.memory.append(memory(self._server))


def memory(server: Server) -> float:
    """MB of the server and all its processes."""
    assert server.program.process
    main = psutil.Process(server.program.process.pid)
    total = 0
    for each in (main, *main.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += each.memory_info().rss
    return total / 2**20


class Attacked:
    """The server's memory and the victim's waits, before and while it is attacked."""

    def __init__(self, name: str, server: Server, victim: Victim, seconds: float) -> None:
        self.seconds = seconds
        self._name, self.victim = name, victim
        self._memory = lambda: memory(server)
        self._before = self._memory()
        self._began = len(victim.waits)

    @property
    def peak(self) -> float:
        """The most MB that the server had."""
        return max([self._memory(), *self.victim.memory[self._began :]])

    def repeat(self, attack: Callable[[], object]) -> None:
        """For as long as is asked for."""
        ends = time.monotonic() + self.seconds
        while time.monotonic() < ends:
            attack()

    def grown(self) -> float:
        """By how many MB the server has grown; says what the attack was like."""
        now = self._memory()
        sys.stdout.write(
            f"\n{self._name}: victim's {_percentiles(self.victim.waits[self._began :])},"
            f" before {_percentiles(self.victim.waits[: self._began])};"
            f" memory {self._before:.0f} -> {now:.0f} MB, at most {self.peak:.0f} MB\n"
        )
        return now - self._before


def _percentiles(waits: list[float]) -> str:
    ordered = sorted(waits) or [0.0]
    p50, p99 = (1000 * ordered[int(len(ordered) * part)] for part in (0.5, 0.99))
    return f"p50 {p50:.0f} ms, p99 {p99:.0f} ms, longest {1000 * ordered[-1]:.0f} ms"
