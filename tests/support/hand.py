"""A hand at MentorHub that never rests, and knows what it has committed."""

import json
import random
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from http import HTTPStatus
from typing import Any, Self

import psycopg
from flask.testing import FlaskClient
from psycopg import sql

from tests.support import dashboard
from tests.support.oracle import STATUSES, Oracle, Row, Rows
from tests.support.worlds import ADMIN, ADMIN_ROW, CURRENCIES
from workers.definitions import MIRRORED

NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)
"""The time it is while a hand writes: no midnight comes in between."""

MENTORHUB = "mentorhub"
"""The application whose connection must not be killed along with ours."""

_CLOCK = ("progress", 1)
"""A row that every transaction moves on by a second: tells whether the last one was committed."""


Changes = dict[tuple[str, int], Row | None]
"""What the row of a table and an id became; None where it went."""


class Hand:
    """Writes one small transaction after the other, in a thread of its own, as long as entered."""

    def __init__(self, url: str, seed: int = 0) -> None:
        self._url = url
        self._random = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        self._rows: dict[tuple[str, int], Row] = {}
        self._history: list[tuple[datetime, Changes]] = []
        self._told_to_rest = threading.Event()
        self.transactions = 0
        with self._connect() as connection:
            self._commit(connection, {("users", ADMIN): dict(ADMIN_ROW)})

    def __enter__(self) -> Self:
        self._told_to_rest.clear()
        self._pool = ThreadPoolExecutor(1)
        self._writing = self._pool.submit(self._write)
        return self

    def __exit__(self, *_: object) -> None:
        self._told_to_rest.set()
        self._pool.shutdown()
        self._writing.result()

    def rows(self) -> Rows:
        """All that is committed, by table."""
        return by_table(self._rows)

    def committed(self) -> list[datetime]:
        """When each transaction was, or a moment later."""
        return [committed for committed, _ in self._history]

    def states(self) -> Iterator[Rows]:
        """All that was there before the first transaction, and after each."""
        rows: dict[tuple[str, int], Row] = {}
        yield by_table(rows)
        for _, changes in self._history:
            update(rows, changes)
            yield by_table(rows)

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(self._url, application_name=MENTORHUB)

    def _write(self) -> None:
        connection = self._connect()
        while not self._told_to_rest.is_set():
            changes = dict(self._change() for _ in range(self._random.choice([1, 1, 1, 3, 20])))
            try:
                self._commit(connection, changes)
            except psycopg.OperationalError:
                connection.close()
                connection = self._settle(changes)
            # all the time, and yet it leaves the machine to what it writes beside
            self._told_to_rest.wait(0.01)
        connection.close()

    def _commit(self, connection: psycopg.Connection, changes: Changes) -> None:
        with connection.transaction():
            for (table, number), row in [*changes.items(), (_CLOCK, self._clock())]:
                _put(connection, table, number, row)
        self._remember(changes)

    def _remember(self, changes: Changes) -> None:
        changes = {_CLOCK: self._clock(), **changes}
        self._history.append((datetime.now(UTC), changes))
        self.transactions += 1
        update(self._rows, changes)

    def _settle(self, changes: Changes) -> psycopg.Connection:
        """The server went away in a commit: ask it, once it is back, whether that was made."""
        while True:
            try:
                connection = self._connect()
                query = "SELECT created_at FROM public.progress WHERE id = 1"
                with connection.transaction():
                    row = connection.execute(query).fetchone()
            except psycopg.OperationalError:
                self._told_to_rest.wait(0.05)
                continue
            if row == (self._clock()["created_at"],):
                self._remember(changes)
            return connection

    def _clock(self) -> Row:
        moment = NOW - timedelta(days=1) + timedelta(seconds=self.transactions)
        return {"id": _CLOCK[1], "user_id": 1, "created_at": moment}

    def _change(self) -> tuple[tuple[str, int], Row | None]:
        table, number = self._random.choice(MIRRORED), self._random.randint(2, 60)
        goes = self._random.random() < 0.3
        return (table, number), None if goes else {"id": number, **self._values(table)}

    def _values(self, table: str) -> Row:
        one = self._random.choice
        moment = NOW - timedelta(hours=self._random.randint(-30, 24 * 370))
        person, course, flag = one([1, 2, 3, None]), one([2, 3, 4]), one([True, False])
        values: dict[str, dict[str, Any]] = {
            "users": {
                "username": one(["ann", "bob"]),
                "role": one(["STUDENT", "MENTOR"]),
                "is_active": flag,
                "is_verified": flag,
            },
            "courses": {"title": one(["SQL", "Питон"]), "is_active": flag},
            "sessions": {
                "student_id": person,
                "mentor_id": one(range(1, 31)),
                "duration_minutes": one([30, 45]),
                "status": one(STATUSES),
                "scheduled_at": one([moment + timedelta(hours=self._random.randint(0, 99)), None]),
            },
            "course_enrollments": {
                "user_id": person,
                "course_id": course,
                "progress_percent": one(range(101)),
                "completed": flag,
            },
            "progress": {"user_id": person},
            "reviews": {"user_id": person, "course_id": course, "rating": one(range(1, 6))},
            "payments": {
                "student_id": person,
                "amount": one([99, 150000]),
                "currency": one([*CURRENCIES, None]),
                "status": one(["COMPLETED", "REFUNDED"]),
                "payment_method": one(["card", None]),
            },
            "mentors": {"user_id": person},
            "lessons": {"course_id": course, "order": one(range(1, 9))},
            "messages": {"sender_id": person, "recipient_id": one([1, 2, 3])},
            "subscriptions": {
                "user_id": person,
                "tier": one(["PRO", "BASIC"]),
                "status": one(["ACTIVE", "CANCELLED"]),
                "amount": one([990, 4990]),
            },
        }
        is_dated = table not in ("courses", "mentors", "lessons")
        return values[table] | ({"created_at": moment} if is_dated else {})


def by_table(rows: dict[tuple[str, int], Row]) -> Rows:
    return {
        table: [row for (owner, _), row in rows.items() if owner == table] for table in MIRRORED
    }


def update(rows: dict[tuple[str, int], Row], changes: Changes) -> None:
    for key, row in changes.items():
        if row is None:
            rows.pop(key, None)
        else:
            rows[key] = row


class Claims:
    """What answers said beside a hand that writes, and whether it was so as of when they say."""

    def __init__(self, hand: Hand) -> None:
        """After a fold at the time that it is while the hand writes."""
        self._hand = hand
        self._heard: list[tuple[str, datetime, Any, int]] = []

    def hear(self, client: FlaskClient) -> None:
        """Ask once for each of some answers."""
        for path in ANSWERS:
            response = client.get(f"{dashboard.ROOT}/{path}")
            assert response.status_code == HTTPStatus.OK, response.text
            as_of = datetime.fromisoformat(response.headers["X-Analytics-As-Of"])
            body = json.loads(response.get_data(), parse_float=Fraction)
            # one more may be committed already
            self._heard.append((path, as_of, body, self._hand.transactions + 1))

    def untrue(self) -> list[str]:
        """The answers that are of no state between what they claim and when they were given.

        While the hand rests.
        """
        committed, left = self._hand.committed(), list(self._heard)
        assert left
        for number, rows in enumerate(self._hand.states()):
            oracle = Oracle(rows, NOW, "UTC", "RUB", "100")
            left = [
                (path, as_of, body, upto)
                for path, as_of, body, upto in left
                if not bisect_right(committed, as_of) <= number <= upto
                or ANSWERS[path](oracle) != body
            ]
        return [f"{path} as of {as_of}: {body}" for path, as_of, body, _ in left]


ANSWERS: dict[str, Callable[[Oracle], Any]] = {
    "platform": Oracle.platform,
    "courses": Oracle.courses,
    "sessions?days=30": lambda oracle: oracle.sessions(30),
    "revenue?days=30": lambda oracle: oracle.revenue(30),
    "user-growth?days=30": lambda oracle: oracle.user_growth(30),
}


def _put(connection: psycopg.Connection, table: str, number: int, row: Row | None) -> None:
    if row is None:
        query = sql.SQL("DELETE FROM public.{} WHERE id = %s")
        connection.execute(query.format(sql.Identifier(table)), [number])
        return
    names = [sql.Identifier(name) for name in row]
    connection.execute(
        sql.SQL("INSERT INTO public.{} ({}) VALUES ({}) ON CONFLICT (id) DO UPDATE SET {}").format(
            sql.Identifier(table),
            sql.SQL(", ").join(names),
            sql.SQL(", ").join(sql.Placeholder() * len(names)),
            sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(name) for name in names),
        ),
        list(row.values()),
    )
