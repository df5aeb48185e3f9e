"""Writes MentorHub's rows where replication would, and sets the database's clock."""

import random
from datetime import datetime
from threading import Event
from typing import Any

from psycopg import sql

from shared.database import Connection, connect
from workers.definitions import MIRRORED

Rows = dict[str, list[dict[str, Any]]]


def write(connection: Connection, rows: Rows) -> None:
    """Make the mirror hold `rows` and nothing else; columns it doesn't have are left out."""
    with connection.transaction():
        for table in _tables(connection):
            connection.execute(sql.SQL("TRUNCATE public.{}").format(sql.Identifier(table)))
        _put(connection, rows)


def turn_into(connection: Connection, rows: Rows) -> None:
    """The same, as MentorHub would: by single deletes, updates and inserts."""
    with connection.transaction():
        for table in _tables(connection):
            connection.execute(
                sql.SQL("DELETE FROM public.{} WHERE id <> ALL (%s)").format(sql.Identifier(table)),
                [[row["id"] for row in rows.get(table, [])]],
            )
        _put(connection, rows)


WRITES = (
    """INSERT INTO public.sessions VALUES (%(id)s, %(user)s, %(user)s, 30, 'COMPLETED', now())
    ON CONFLICT (id) DO UPDATE SET mentor_id = excluded.mentor_id, status = 'NO_SHOW'""",
    "UPDATE public.sessions SET duration_minutes = %(id)s, student_id = %(user)s WHERE id = %(id)s",
    "DELETE FROM public.sessions WHERE id = %(id)s",
    """INSERT INTO public.payments VALUES (%(id)s, %(user)s, 100, 'RUB', 'COMPLETED', now())
    ON CONFLICT (id) DO UPDATE SET amount = payments.amount + 1, currency = 'USD'""",
    "DELETE FROM public.payments WHERE id = %(id)s",
    "INSERT INTO public.reviews VALUES (%(id)s, %(user)s, 1, 5, now()) ON CONFLICT DO NOTHING",
    "DELETE FROM public.reviews WHERE id = %(id)s",
    "UPDATE public.users SET username = username || 'x' WHERE id = %(user)s",
)


def keep_writing(url: str, seed: int, done: Event, most: int) -> None:
    """Random changes of few rows, some of them rolled back, until it is done or there are many."""
    chance = random.Random(seed)  # noqa: S311
    with connect(url) as connection:
        for _ in range(most):
            if done.is_set():
                return
            with connection.transaction(force_rollback=chance.random() < 0.2):
                write = chance.choice(WRITES)
                row = {"id": 100 + chance.randrange(40), "user": chance.randrange(1, 15)}
                connection.execute(write.encode(), row)


def _put(connection: Connection, rows: Rows) -> None:
    for table, entries in rows.items():
        columns = _columns(connection, table)
        for entry in entries:
            kept = {name: value for name, value in entry.items() if name in columns}
            names = list(map(sql.Identifier, kept))
            connection.execute(
                sql.SQL(
                    "INSERT INTO public.{} ({}) VALUES ({}) ON CONFLICT (id) DO UPDATE SET {}"
                ).format(
                    sql.Identifier(table),
                    sql.SQL(", ").join(names),
                    sql.SQL(", ").join(sql.Placeholder() * len(kept)),
                    sql.SQL(", ").join(
                        sql.SQL("{0} = excluded.{0}").format(name) for name in names
                    ),
                ),
                list(kept.values()),
            )


def at(connection: Connection, now: datetime) -> None:
    """New connections to this database take `now` for the current time."""
    connection.execute(
        sql.SQL("ALTER DATABASE {} SET analytics.now = {}").format(
            sql.Identifier(connection.info.dbname), sql.Literal(now.isoformat())
        )
    )


def _tables(connection: Connection) -> list[str]:
    """A MentorHub may lack some."""
    rows = connection.execute(
        "SELECT relname::text FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relname = ANY (%s)",
        [list(MIRRORED)],
    )
    return [table for (table,) in rows]


def _columns(connection: Connection, table: str) -> set[str]:
    cursor = connection.execute(
        sql.SQL("SELECT * FROM public.{} LIMIT 0").format(sql.Identifier(table))
    )
    return {column.name for column in cursor.description or ()}
