"""Who writes at MentorHub, who reads the answers, and whether what they claim is true."""

import http.client
import json
import random
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, Self

import psycopg

from shared.database import connect
from tests.support.tokens import bearer, sign

MENTORS = 40
"""Users who are mentors; the first of them is the admin."""

COINS = 100
"""Minor units that each transaction pays."""

LONGEST = 12.0
"""Seconds after which a request counts as hanging."""

STATUSES = ("SCHEDULED", "CONFIRMED", "COMPLETED", "CANCELLED", "NO_SHOW")

_PATHS = ("platform", "user-growth?days=365", "sessions?days=365", "revenue?days=365")

_INSERT = """
WITH
    person AS (
        INSERT INTO users (username, email, hashed_password)
        VALUES (%(name)s::text, %(name)s::text || '@example.com', '')
        RETURNING id
    ),
    meeting AS (
        INSERT INTO sessions (student_id, mentor_id, scheduled_at, duration_minutes, status)
        SELECT id, %(mentor)s, now(), 10, %(status)s::sessionstatus FROM person
        RETURNING id
    )
INSERT INTO payments (student_id, mentor_id, session_id, amount, currency, status)
SELECT person.id, %(mentor)s, meeting.id, %(coins)s, 'RUB', 'COMPLETED' FROM person, meeting
"""

_DISTURB = "UPDATE sessions SET status = %s::sessionstatus WHERE id = %s"


def found(source_url: str) -> None:
    """The first people of an empty MentorHub."""
    with connect(source_url) as source:
        source.execute(
            "INSERT INTO users (username, email, hashed_password, role)"
            " SELECT 'mentor' || n, n || '@example.com', '',"
            " CASE n WHEN 1 THEN 'ADMIN' ELSE 'MENTOR' END::userrole"
            " FROM generate_series(1, %s) AS n",
            [MENTORS],
        )
        source.execute("INSERT INTO mentors (user_id) SELECT id FROM users ORDER BY id")


class Writer:
    """Commits so many transactions a second: a user, a session, a payment; moves others' status.

    `stamps`: MentorHub's clock after each commit, in their order.
    """

    def __init__(self, url: str, rate: float) -> None:
        self._url, self._rate = url, rate
        self._random = random.Random(1)  # noqa: S311 - to be repeated, not to be secret
        self._enough = threading.Event()
        self.stamps: list[datetime] = []
        self.begun = 0
        self.slowest = 0.0

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(1)
        self._work = self._pool.submit(self._write)
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._pool.shutdown()
        self._work.result()

    @property
    def is_at_work(self) -> bool:
        return not self._work.done()

    def at_least(self, as_of: datetime) -> int:
        """How many transactions an answer must count that claims to be right as of then."""
        for number in range(len(self.stamps), 0, -1):
            if self.stamps[number - 1] <= as_of:
                return number
        return 0

    def _write(self) -> None:
        connection: psycopg.Connection[Any] | None = None
        due = time.monotonic()
        while not self._enough.is_set():
            due = max(due + 1 / self._rate, time.monotonic() - 0.2)
            self._enough.wait(max(0.0, due - time.monotonic()))
            try:
                if connection is None:
                    connection = self._connect()
                    continue
                self._commit(connection)
            except psycopg.OperationalError:
                if connection:
                    connection.close()
                connection = None
                self._enough.wait(0.1)
        if connection:
            connection.close()

    def _connect(self) -> psycopg.Connection[Any]:
        """And learn whether a commit was made whose answer was lost."""
        connection = psycopg.connect(self._url, autocommit=True, application_name="mentorhub")
        row = connection.execute("SELECT count(*), clock_timestamp() FROM payments").fetchone()
        assert row
        if row[0] > len(self.stamps):
            self.stamps.append(row[1])
        assert row[0] == len(self.stamps)
        self.begun = len(self.stamps)
        return connection

    def _commit(self, connection: psycopg.Connection[Any]) -> None:
        began = time.monotonic()
        with connection.transaction():
            self.begun = len(self.stamps) + 1
            values = {
                "name": f"learner{self.begun}",
                "mentor": self._random.randint(1, MENTORS),
                "status": self._random.choice(STATUSES),
                "coins": COINS,
            }
            connection.execute(_INSERT, values)
            if self._random.random() < 0.5:
                other = self._random.randint(1, self.begun)
                connection.execute(_DISTURB, [self._random.choice(STATUSES), other])
        self.slowest = max(self.slowest, time.monotonic() - began)
        row = connection.execute("SELECT clock_timestamp()").fetchone()
        assert row
        self.stamps.append(row[0])


class Readers:
    """Ask so many times a second in all, and check what every answer claims."""

    def __init__(self, writer: Writer, port: int, rate: float, threads: int = 4) -> None:
        self._writer, self._port, self._pause = writer, port, threads / rate
        self._threads = threads
        self._headers = bearer(sign(1, role="admin", exp=datetime(2100, 1, 1, tzinfo=UTC)))
        self._enough = threading.Event()
        self.heard: Counter[str] = Counter()
        self.untrue: list[str] = []
        self.newest: tuple[datetime, int] | None = None
        """As of when the last answer was right, and how many transactions it counted."""

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(self._threads)
        self._work: list[Future[None]] = [
            self._pool.submit(self._read, number) for number in range(self._threads)
        ]
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._pool.shutdown()
        for work in self._work:
            work.result()

    def _read(self, number: int) -> None:
        chance = random.Random(number)  # noqa: S311 - to be repeated, not to be secret
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=LONGEST)
        with closing(line):
            while not self._enough.wait(self._pause):
                path = chance.choice(_PATHS)
                try:
                    line.request("GET", f"/api/v1/analytics/{path}", headers=self._headers)
                    answer = line.getresponse()
                    body = answer.read()
                except TimeoutError:
                    self.heard["hung"] += 1
                    self.untrue.append(f"{path}: no answer within {LONGEST} s")
                    line.close()
                except (OSError, http.client.HTTPException):
                    self.heard["unreachable"] += 1
                    line.close()  # the next request connects again
                else:
                    self._hear(path, answer, body)

    def _hear(self, path: str, answer: http.client.HTTPResponse, body: bytes) -> None:
        upto = self._writer.begun
        self.heard[str(answer.status)] += 1
        if answer.status == http.HTTPStatus.OK:
            as_of = datetime.fromisoformat(answer.headers["X-Analytics-As-Of"])
            counted = _transactions(path, json.loads(body))
            least = self._writer.at_least(as_of)
            if not all(least <= number <= upto for number in counted) or len(set(counted)) > 1:
                self.untrue.append(f"{path} as of {as_of}: {counted}, not {least} to {upto}")
            self.newest = (as_of, counted[0])
        elif answer.status != http.HTTPStatus.SERVICE_UNAVAILABLE:
            self.untrue.append(f"{path}: {answer.status} {body[:200]!r}")


def _transactions(path: str, body: Any) -> list[int]:
    """How many of the writer's transactions each part of an answer counts."""
    family = path.partition("?")[0]
    if family == "platform":
        paid = round(body["revenue"]["total"] * 100 / COINS)
        return [body["users"]["total"] - MENTORS, body["sessions"]["total"], paid]
    if family == "user-growth":
        return [sum(day["new_users"] for day in body["data"]) - MENTORS]
    numbers = body["analytics"]
    if family == "sessions":
        return [numbers["total"], sum(numbers["by_status"].values())]
    days = sum(day["revenue"] for day in numbers["daily_revenue"])
    paid = (numbers["total_revenue"], days)
    return [numbers["transaction_count"], *(round(sum_ * 100 / COINS) for sum_ in paid)]
