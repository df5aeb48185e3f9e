"""Clients that cost less than any server: raw requests over connections that are kept."""

import selectors
import socket
import time
from typing import NamedTuple

from benchmarks.measuring import quantile

CONNECTIONS = 16


class Asked(NamedTuple):
    """What a while of asking gave: requests a second, and seconds a request."""

    rate: float
    p99: float


def ask(port: int, path: str, token: str, seconds: float, tag: str | None = None) -> Asked:
    """As fast as the server answers; `tag`: what the clients have already."""
    known = f"If-None-Match: {tag}\r\n" if tag else ""
    request = (
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n{known}\r\n"
    ).encode()
    expected = b"HTTP/1.1 304" if tag else b"HTTP/1.1 200"
    clients = [_Client(port, request, expected) for _ in range(CONNECTIONS)]
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
            client.send()
        began = time.perf_counter()
        while time.perf_counter() < began + seconds:
            for key, _ in selector.select(1):
                key.data.receive()
        passed = time.perf_counter() - began
    for client in clients:
        client.socket.close()
    taken = sorted(each for client in clients for each in client.taken)
    return Asked(len(taken) / passed, quantile(taken, 0.99))


class _Client:
    def __init__(self, port: int, request: bytes, expected: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.taken: list[float] = []
        self._request, self._expected = request, expected
        self._sent = 0.0
        self._missing = -1
        self._head = b""

    def send(self) -> None:
        self._sent, self._missing, self._head = time.perf_counter(), -1, b""
        self.socket.sendall(self._request)

    def receive(self) -> None:
        """What has come; after the whole of an answer the next request goes out."""
        data = self.socket.recv(2**20)
        if self._missing < 0:
            self._head += data
            head, end, data = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(self._expected):
                raise RuntimeError(head.decode())
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            self._missing = int(length or 0)
        self._missing -= len(data)
        if self._missing == 0:
            self.taken.append(time.perf_counter() - self._sent)
            self.send()
