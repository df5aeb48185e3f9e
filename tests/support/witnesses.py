"""All of us beside a MentorHub that migrates: what we claim, whom we hold up, what we ask for."""

import json
import re
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from fractions import Fraction
from http import HTTPStatus
from itertools import product
from threading import Event
from typing import Any, NamedTuple, Self

import psycopg

from api.app import create_app
from api.database.reader import Reader
from api.services import services
from shared.database import connect
from shared.errors import ConfigurationError, ServerUnavailableError
from shared.settings import Settings
from tests.support.by_hand import run_by_hand
from tests.support.mentorhub import NOW, ask
from tests.support.migrations import ROWS, Hub
from tests.support.oracle import Oracle, Row, Rows
from tests.support.processes import wait_until
from tests.support.tokens import bearer, sign
from workers.fold import fold, worker_connection
from workers.guard import Guard
from workers.install import install
from workers.mentorhub import names_of
from workers.mirror_audit import audit_next_range


class Asked(NamedTuple):
    """How the oracle says it, and the tables that it is calculated from."""

    read: Callable[[Oracle], Any]
    tables: tuple[str, ...]


ANSWERS = {
    "platform": Asked(Oracle.platform, tuple(table for table in ROWS if table != "progress")),
    "user-growth?days=30": Asked(lambda oracle: oracle.user_growth(30), ("users",)),
    "sessions?days=30": Asked(lambda oracle: oracle.sessions(30), ("sessions",)),
    "revenue?days=30": Asked(lambda oracle: oracle.revenue(30), ("payments",)),
    "courses": Asked(Oracle.courses, ("courses", "course_enrollments", "reviews")),
}

HELD = """
    SELECT string_agg(concat_ws(' ', state, clock_timestamp() - xact_start, query), '; ')
    FROM pg_stat_activity
    WHERE
        datname = current_database()
        AND backend_type = 'client backend'
        AND application_name ^@ 'analytics'
        AND clock_timestamp() - xact_start > interval '1.5 s'
"""
"""What of ours is in a transaction for longer than a second, at MentorHub."""

LONGEST = 180
"""Seconds until all is right again: replication that stands still is given up after 60."""

PATIENT = 3
"""Seconds after which a human does what `status` says where it says no more than that: init."""


class Witnesses:
    """A guard, a worker that folds and audits, a reader who keeps every answer, and a DBA.

    The relay's part, to wake the worker, is left out: this one doesn't sleep.
    """

    def __init__(self, hub: Hub, superuser: str, settings: Settings) -> None:
        self._hub, self._superuser, self._settings = hub, superuser, settings
        self._done, self._anew = Event(), Event()
        self._answers: list[tuple[str, datetime, Any, int]] = []
        self._truths: dict[tuple[str, int], Any] = {}
        self._newest: dict[str, datetime] = {}
        self._broken: list[str] = []
        self._looks = 0
        self.held: list[str] = []
        self.obeyed: list[str] = []

    def __enter__(self) -> Self:
        self._ours = connect(self._settings.analytics_url())
        self._app = create_app(self._settings)
        self._pool = ThreadPoolExecutor(4)
        self._work: list[Future[None]] = [
            self._pool.submit(work)
            for work in (self._guard, self._fold_and_audit, self._read, self._watch)
        ]
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._pool.shutdown()
        self._ours.close()
        services(self._app)[Reader].close()
        for work in self._work:
            work.result()

    def _guard(self) -> None:
        while not self._done.is_set():
            self._anew.clear()
            with Guard(self._settings) as guard:
                while not self._done.wait(0.1) and not self._anew.is_set():
                    guard.look()
                    self._looks += 1

    def _fold_and_audit(self) -> None:
        while not self._done.is_set():
            # as a task of the worker, that ends and is sent again
            with (
                suppress(psycopg.Error, ConfigurationError, ServerUnavailableError),
                worker_connection(self._settings) as worker,
            ):
                while not self._done.wait(0.05):
                    fold(worker)
                    audit_next_range(worker)

    def _read(self) -> None:
        client, headers = self._app.test_client(), bearer(sign(1))
        while not self._done.is_set():
            for path in ANSWERS:
                answer = client.get(f"/api/v1/analytics/{path}", headers=headers)
                if answer.status_code == HTTPStatus.OK:
                    as_of = datetime.fromisoformat(answer.headers["X-Analytics-As-Of"])
                    body = json.loads(answer.get_data(), parse_float=Fraction)
                    self._answers.append((path, as_of, body, self._hub.begun))
                    self._newest[path] = as_of
                elif answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                    self._broken.append(f"{path}: {answer.text}")
            self._done.wait(0.02)

    def _watch(self) -> None:
        with psycopg.connect(self._superuser, autocommit=True) as source:
            while not self._done.wait(0.05):
                held = ask(source, HELD)
                if held:
                    self.held.append(held)

    def untrue(self) -> list[str]:
        """The answers that lack what they claim, or have what never was, or are none.

        More than what they claim may be in them, of one table and not of another: what is lost by a
        migration is known with the next question to MentorHub only.
        """
        answers, self._answers = self._answers, []
        return self._broken + [
            f"{path} as of {as_of}: {body}, at MentorHub {self._true(path, self._least(as_of))}"
            for path, as_of, body, upto in answers
            if not self._was(path, body, range(self._least(as_of), upto + 1))
        ]

    def _was(self, path: str, body: Any, states: range) -> bool:
        if any(self._true(path, number) == body for number in states):
            return True
        versions: list[list[tuple[str, list[Row]]]] = []
        for table in ANSWERS[path].tables:
            rows = [self._hub.states[number].rows[table] for number in states]
            distinct = [each for n, each in enumerate(rows) if each not in rows[:n]]
            versions.append([(table, each) for each in distinct])
        return any(self._calculated(path, dict(mixed)) == body for mixed in product(*versions))

    def _least(self, as_of: datetime) -> int:
        """The newest state that was committed by then."""
        states = enumerate(self._hub.states)
        return max((n for n, state in states if state.committed <= as_of), default=0)

    def _true(self, path: str, number: int) -> Any:
        if (path, number) not in self._truths:
            rows = self._hub.states[number].rows
            self._truths[path, number] = self._calculated(path, rows)
        return self._truths[path, number]

    def _calculated(self, path: str, rows: Rows) -> Any:
        none: Rows = {table: [] for table in ROWS}
        return ANSWERS[path].read(Oracle(none | rows, NOW, "UTC", "RUB", "iso4217"))

    def settle(self) -> bool:
        """Whether all is right again at last: by itself, or after what a human is told to do."""
        committed, deadline = self._hub.states[-1].committed, time.monotonic() + LONGEST

        def is_right() -> bool:
            newer = (self._newest.get(path, committed) > committed for path in ANSWERS)
            return all(newer) and self._looks > looks and not self.says()

        def needs_us() -> bool:
            return self._looks > looks and "`" in self.says()

        # one look may have begun before
        looks = self._looks + 1
        while not (wait_until(lambda: is_right() or needs_us(), PATIENT) and is_right()):
            if time.monotonic() > deadline:
                return False
            self._obey(self.says() or "run `analytics init`")
            looks = self._looks + 1
        return True

    def says(self) -> str:
        """What the guard wrote down."""
        return ask(self._ours, "SELECT sentence FROM control.health") or ""

    def _obey(self, sentence: str) -> None:
        """Do what a sentence says; `init` is what `status` says besides each."""
        self.obeyed.append(sentence)
        if "names.toml" in sentence:
            self._hub.tell_names()
        for command in re.findall("`(.+?)`", sentence):
            if command == "analytics init --print-source-sql":
                run_by_hand(self._superuser, names_of(self._settings.mapping))
            elif not command.startswith("analytics") and '= "' not in command:
                with psycopg.connect(self._superuser, autocommit=True) as source:
                    source.execute(command.encode())
        self._anew.set()
        try:
            install(self._settings)
        except ConfigurationError as error:
            if len(self.obeyed) % 20 and str(error) not in self.obeyed[-3:]:
                self._obey(str(error))
