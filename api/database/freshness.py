"""What this process knows without asking: how fresh each answer is, right now.

A thread hears of every fold and reads `analytics.answer` again. While it does, requests are served
from memory; whenever it doesn't (it is not started, or the database is away), they ask the database
themselves. So a lost notification costs a moment, and never a wrong or a stale answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any

import psycopg
import structlog
from psycopg.rows import namedtuple_row
from werkzeug.http import http_date

from api.database.reader import SERVER_SETTINGS
from shared.database import Connection, connect, one, run
from shared.errors import ConfigurationError
from shared.settings import Settings

ACCOUNTS = "mentorhub_analytics_accounts"

HEARTBEAT = 0.5
"""Seconds between two looks at the database while nothing is heard."""

PACE = 0.01
"""Seconds that the thread rests after a look."""

PATIENCE = 2.0
"""Seconds after which what was read last is not relied on any more."""

log = structlog.get_logger("analytics")

Stamp = tuple[int, date, str, str]
"""Two bodies with the same stamp and parameters are the same."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """What one snapshot said of one family."""

    as_of: datetime
    stamp: Stamp
    headers: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, row: Any) -> "Freshness":
        """Of a row of `analytics.answer`."""
        return cls(
            row.as_of,
            (row.version, row.today, row.timezone, row.currency),
            (
                ("X-Analytics-As-Of", timestamp(row.as_of)),
                ("X-Analytics-Pending", str(row.pending)),
                ("Last-Modified", http_date(row.changed_at)),
                *([("X-Analytics-Unusable", str(row.unusable))] if row.unusable else []),
            ),
        )

    @property
    def version(self) -> int:
        return self.stamp[0]

    @property
    def age(self) -> tuple[datetime, int]:
        """The larger, the newer; a fold may not know that time has passed."""
        return self.as_of, self.version

    @property
    def today(self) -> date:
        return self.stamp[1]


def timestamp(moment: datetime) -> str:
    """RFC 3339 with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Watch:
    """Freshness by family. As-of never goes back, whichever thread learned it.

    `newest`: the greatest version that the last look saw; streams use it as their events' id.
    """

    def __init__(self, settings: Settings) -> None:
        self._url = settings.read_database_url or settings.analytics_url()
        self._known: dict[str, tuple[Freshness, float]] = {}
        self._lock = Lock()
        self._confirmed = float("-inf")
        self.newest = 0
        self._done = Event()
        self._thread = Thread(target=self._run, name="watch", daemon=True)
        self.on_look: list[Callable[[], object]] = []
        self.on_accounts: list[Callable[[], object]] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._done.set()
        if self._thread.is_alive():
            self._thread.join(2 * HEARTBEAT)

    def is_current(self) -> bool:
        """Whether what is known can be relied on."""
        return monotonic() - self._confirmed < PATIENCE

    def freshness(self, family: str) -> Freshness | None:
        """None where the database has to be asked."""
        known = self._known.get(family)
        return known[0] if known and self.is_current() else None

    def learn(self, family: str, fresh: Freshness, asked: float) -> None:
        """Take over what a snapshot said that was taken after the monotonic time `asked`."""
        with self._lock:
            known, learned = self._known.get(family, (None, 0.0))
            # An older state that was read later means that the database was restored: accept it.
            if known is None or asked > learned or fresh.age >= known.age:
                self._known[family] = fresh, monotonic()

    def _run(self) -> None:
        while not self._done.is_set():
            try:
                self._watch()
            except (psycopg.Error, ConfigurationError) as error:
                log.warning("Analytics: freshness is unknown: %s", " ".join(str(error).split()))
                self._done.wait(1)

    def _watch(self) -> None:
        options = " ".join(f"-c {name}={value}" for name, value in SERVER_SETTINGS.items())
        with connect(
            self._url,
            options=options,
            row_factory=namedtuple_row,
            patience=PATIENCE,
            # by this name `analytics status` knows it
            application_name="analytics api",
        ) as connection:
            # A replica can't listen: there, everything is looked at again and again.
            is_replica = one(connection, "SELECT pg_is_in_recovery()")
            if not is_replica:
                connection.execute("LISTEN mentorhub_analytics_folded")
                connection.execute("LISTEN mentorhub_analytics_accounts")
            heard = {ACCOUNTS}
            while not self._done.is_set():
                if ACCOUNTS in heard or is_replica:
                    _call(self.on_accounts)
                self._look(connection)
                _call(self.on_look)
                self._done.wait(PACE)
                timeout = HEARTBEAT if not is_replica else HEARTBEAT / 5
                heard = {
                    each.channel for each in connection.notifies(timeout=timeout, stop_after=1)
                }

    def _look(self, connection: Connection) -> None:
        asked = monotonic()
        rows = run(connection, "read/freshness").fetchall()
        for gone in self._known.keys() - {row.family for row in rows}:
            del self._known[gone]
        for row in rows:
            self.learn(row.family, Freshness.of(row), asked)
        self.newest = max((row.version for row in rows), default=0)
        self._confirmed = asked


def _call(listeners: list[Callable[[], object]]) -> None:
    for listener in listeners:
        listener()
