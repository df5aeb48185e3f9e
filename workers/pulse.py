"""Signs of life: what each part writes down every other second, for `analytics status`."""

import os
import socket
import time
from threading import Thread

import psycopg

from shared.errors import ConfigurationError
from shared.settings import Settings
from workers.fold import worker_connection

PAUSE = 2.0
"""Seconds between two signs of life."""


class Pulse:
    """The sign of life of the part `name`; a server that is away only misses one."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings, self._name = settings, name
        self._connection: psycopg.Connection[object] | None = None
        self._due = 0.0
        self._progressed = time.monotonic()

    def beat(self) -> None:
        """To be called as often as one likes, from where the part does its work."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + PAUSE
        try:
            if self._connection is None or self._connection.closed:
                self._connection = worker_connection(
                    self._settings, f"analytics {self._name}'s pulse"
                )
            self._connection.execute(
                "SELECT control.alive(%s, %s, %s)", [self._name, socket.gethostname(), os.getpid()]
            )
        except (psycopg.Error, ConfigurationError):
            # away, or not installed just now: whoever asks will see how old the last one is
            self.close()

    def keep(self, longest_step: float) -> None:
        """Go on in a thread, for who is at one thing for minutes, as long as there is `progress`.

        `longest_step`: seconds without any after which it counts as hung, though its process lives.
        """

        def run() -> None:
            while True:
                if time.monotonic() - self._progressed < longest_step:
                    self.beat()
                time.sleep(PAUSE)

        Thread(target=run, name="pulse", daemon=True).start()

    def progress(self) -> None:
        """To be called from where the part does its work, after each step of it."""
        self._progressed = time.monotonic()

    def close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None
