"""Learners come, are moved, back-dated and erased at random: after every fold nothing is wrong.

Lighter than a history of everything, so that what is counted from other metrics sees many steps.
"""

import os
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import sql

from shared.database import Connection
from shared.metrics import READ, STORED
from shared.settings import Settings
from tests import metrics
from tests.support.oracle import Oracle, Row, Rows
from workers.definitions import MIRRORED
from workers.fold import fold

STEPS = int(os.environ.get("HISTORIES", "0")) or 120

FOLLOWING = [name for name, metric in STORED.items() if metric.reads]

NOW = datetime(2025, 11, 2, 5, 30, tzinfo=UTC)
ZONE = "Australia/Lord_Howe"

TABLES = ("users", "sessions", "payments", "reviews")

MOVED = {"user_id", "student_id", "mentor_id", "status", "created_at", "scheduled_at"}


class Learners:
    """What MentorHub holds, and the mirror that follows it."""

    def __init__(self, connection: Connection, seed: int) -> None:
        self.connection = connection
        self.chance = random.Random(seed)  # noqa: S311 - the seed is told
        self.rows: dict[str, dict[int, Row]] = {table: {} for table in TABLES}

    def moment(self) -> datetime:
        """Around midnights of Lord Howe, months apart, or somewhere."""
        day = NOW - timedelta(self.chance.choice([0, 1, 6, 7, 8, 13, 30, 31, 60, -1, 400]))
        hours = self.chance.choice([0, 7, 8, 13, 14, self.chance.randrange(24)])
        return day.replace(hour=0) + timedelta(hours=hours, microseconds=-self.chance.randrange(2))

    def row(self, table: str, number: int) -> Row:
        user = self.chance.randint(1, 6)
        status = self.chance.choice(["COMPLETED", "COMPLETED", "CANCELLED"])
        if table == "users":
            learner = {"username": "u", "role": "STUDENT", "created_at": self.moment()}
            return {"id": number, **learner}
        if table == "reviews":
            about = {"course_id": 1, "reviewed_id": None, "mentor_id": None}
            return {
                "id": number,
                "user_id": user,
                **about,
                "rating": 5,
                "created_at": self.moment(),
            }
        row = {"id": number, "student_id": user, "status": status, "created_at": self.moment()}
        if table == "payments":
            return row | {"amount": 100, "currency": "RUB"}
        held = self.chance.choice([None, self.moment().replace(tzinfo=None)])
        return row | {
            "duration_minutes": 30,
            "scheduled_at": held,
            "mentor_id": self.chance.choice([None, 1, 1, 2]),
        }

    def put(self, table: str) -> None:
        """A new row, or another one in the place of one that is there."""
        number = self.chance.randint(1, 6 if table == "users" else 25)
        row = self.row(table, number)
        self.remove(table, [number])
        names = list(map(sql.Identifier, row))
        self.connection.execute(
            sql.SQL("INSERT INTO public.{} ({}) VALUES ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(names),
                sql.SQL(", ").join(sql.Placeholder() * len(row)),
            ),
            list(row.values()),
        )
        self.rows[table][number] = row

    def move(self, table: str) -> None:
        """Everything of a table to another user, day or status."""
        for number in self.rows[table]:
            name, value = self.chance.choice([*self.row(table, number).items()][1:])
            if name not in MOVED:
                continue
            self.connection.execute(
                sql.SQL("UPDATE public.{} SET {} = %s WHERE id = %s").format(
                    sql.Identifier(table), sql.Identifier(name)
                ),
                [value, number],
            )
            self.rows[table][number] = self.rows[table][number] | {name: value}

    def remove(self, table: str, numbers: list[int]) -> None:
        self.connection.execute(
            sql.SQL("DELETE FROM public.{} WHERE id = ANY (%s)").format(sql.Identifier(table)),
            [numbers],
        )
        for number in numbers:
            self.rows[table].pop(number, None)

    def erase(self, user: int) -> None:
        for table, owner in zip(TABLES, ("id", "student_id", "student_id", "user_id"), strict=True):
            owned = [number for number, row in self.rows[table].items() if row[owner] == user]
            self.remove(table, owned)

    def step(self) -> None:
        deed, table = self.chance.random(), self.chance.choice(TABLES)
        if deed < 0.1:
            self.erase(self.chance.randint(1, 6))
        elif deed < 0.2:
            self.move(table)
        elif deed < 0.35:
            self.remove(table, self.chance.sample(range(1, 26), 8))
        else:
            for _ in range(self.chance.randint(1, 8)):
                self.put(self.chance.choice(TABLES))

    def oracle(self) -> Oracle:
        """Of the rows as MentorHub has them, naive moments in UTC."""
        rows: Rows = {table: [] for table in MIRRORED}
        for table, numbered in self.rows.items():
            rows[table] = [_instants(row) for row in numbered.values()]
        return Oracle(rows, NOW, ZONE, "RUB", "iso4217")


def _instants(row: Row) -> Row:
    held = row.get("scheduled_at")
    return row | {"scheduled_at": held.replace(tzinfo=UTC)} if held else row


@pytest.mark.timeout(0 if STEPS > 120 else 600)
def test_whatever_becomes_of_learners_all_that_is_counted_of_them_is_right(
    ours: Connection, worker: Connection, settings: Settings
) -> None:
    del settings
    ours.execute("UPDATE analytics.reporting SET timezone = %s", [ZONE])
    seed = random.SystemRandom().randrange(10**9)
    learners = Learners(ours, seed)
    drift: Any = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {} FROM drift.{}").format(sql.Literal(name), sql.Identifier(name))
        for name in FOLLOWING
    )
    for step in range(STEPS):
        with ours.transaction():
            learners.step()
        fold(worker)
        where = f"seed {seed}, step {step}"
        assert metrics.wrong(ours, learners.oracle(), [*READ, *FOLLOWING]) == {}, where
        assert ours.execute(drift).fetchall() == [], where
    for user in range(1, 7):
        learners.erase(user)
    fold(worker)
    for name in FOLLOWING:
        assert metrics.stored(ours, name) == {}
