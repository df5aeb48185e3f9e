"""What this process has done: counted in memory, added to control.tally every other second."""

import time
from threading import Lock
from typing import TypedDict

import psycopg
from psycopg.types.json import Jsonb

from shared.database import Connection

PAUSE = 2.0
"""Seconds between two times that it is written down: a process that is killed loses so much."""


class _Done(TypedDict):
    done: int
    failed: int
    seconds: float
    rows: int


class Tally:
    """Counters and measures that nobody has written down yet."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._done: dict[str, _Done] = {}
        self._measured: dict[str, float] = {}
        self._due = 0.0

    def note(self, what: str, seconds: float, *, rows: int = 0, failed: bool = False) -> None:
        self._add({what: _Done(done=1, failed=failed, seconds=seconds, rows=rows)})

    def measure(self, name: str, value: float) -> None:
        """What is so now: `name` is a reading's."""
        with self._lock:
            self._measured[name] = value

    def write_down(self, connection: Connection) -> None:
        """As often as one likes, outside of transactions; a server that is away is told later."""
        if time.monotonic() < self._due or connection.closed:
            return
        self._due = time.monotonic() + PAUSE
        with self._lock:
            done, measured = self._done, self._measured
            self._done, self._measured = {}, {}
        if not done and not measured:
            return
        try:
            told = [Jsonb(done), Jsonb(measured)]
            connection.execute("SELECT control.note_tally(%s, %s)", told)
        except psycopg.Error:
            self._add(done)

    def _add(self, done: dict[str, _Done]) -> None:
        with self._lock:
            for what, more in done.items():
                now = self._done.setdefault(what, _Done(done=0, failed=0, seconds=0.0, rows=0))
                now["done"] += more["done"]
                now["failed"] += more["failed"]
                now["seconds"] += more["seconds"]
                now["rows"] += more["rows"]


tally = Tally()
"""Of this process."""
