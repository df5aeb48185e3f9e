"""A process that writes files, one after the other: `python -m api.export.helper SOCKET FOLDER`.

It gets a work and the file to write into, and replies with what the work returned or why it can't.
When the other end of the socket closes, it ends wherever it is; the folder, which is its own for
what it needs meanwhile, goes with it.
"""

import os
import pickle
import queue
import shutil
import socket
import sys
import tempfile
from threading import Thread
from typing import Any, BinaryIO, Protocol

from shared.errors import ServerUnavailableError

LENGTH = 8
"""Bytes in front of what is sent: how many it has."""

NICE = 10
"""How far it stands behind whoever answers others."""


class Work(Protocol):
    """What a helper can do."""

    def write(self, file: BinaryIO) -> Any:
        """Write all of it, and say what it is of."""
        ...


def main() -> None:
    os.nice(NICE)
    tempfile.tempdir = sys.argv[2]
    with socket.socket(fileno=int(sys.argv[1])) as boss:
        orders: queue.SimpleQueue[tuple[Work, int]] = queue.SimpleQueue()
        Thread(target=_receive, args=(boss, orders), daemon=True).start()
        while True:
            work, descriptor = orders.get()
            send(boss, _reply(work, descriptor))


def _reply(work: Work, descriptor: int) -> Any:
    with os.fdopen(descriptor, "wb") as file:
        try:
            return work.write(file)
        except (ServerUnavailableError, OverflowError) as error:
            return error


def _receive(boss: socket.socket, orders: "queue.SimpleQueue[tuple[Work, int]]") -> None:
    try:
        while True:
            orders.put(receive(boss))
    except EOFError:
        shutil.rmtree(sys.argv[2], ignore_errors=True)
        os._exit(0)


def send(to: socket.socket, what: object, *descriptors: int) -> None:
    """Over a socket between two processes of ours."""
    data = pickle.dumps(what)
    length = len(data).to_bytes(LENGTH)
    if descriptors:
        socket.send_fds(to, [length], descriptors)
    else:
        to.sendall(length)
    to.sendall(data)


def receive(of: socket.socket) -> Any:
    """What was sent, and behind it the descriptors that came with it, if any.

    Raises EOFError where the other end has closed.
    """
    length, descriptors, _, _ = socket.recv_fds(of, LENGTH, 1)
    length += _exactly(of, LENGTH - len(length))
    what = pickle.loads(_exactly(of, int.from_bytes(length)))  # noqa: S301 - from our own process
    return (what, *descriptors) if descriptors else what


def _exactly(of: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        more = of.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return bytes(data)


if __name__ == "__main__":
    main()
