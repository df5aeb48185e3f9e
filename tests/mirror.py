"""Writes MentorHub's rows where replication would, and sets the database's clock."""

from datetime import datetime
from typing import Any

from psycopg import sql

from shared.database import Connection
from workers.definitions import MIRRORED

Rows = dict[str, list[dict[str, Any]]]


def write(connection: Connection, rows: Rows) -> None:
    """Make the mirror hold `rows` and nothing else; columns it doesn't have are left out."""
    for table in MIRRORED:
        connection.execute(sql.SQL("TRUNCATE public.{}").format(sql.Identifier(table)))
    for table, entries in rows.items():
        for entry in entries:
            kept = {k: v for k, v in entry.items() if k in _columns(connection, table)}
            connection.execute(
                sql.SQL("INSERT INTO public.{} ({}) VALUES ({})").format(
                    sql.Identifier(table),
                    sql.SQL(", ").join(map(sql.Identifier, kept)),
                    sql.SQL(", ").join(sql.Placeholder() * len(kept)),
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


def _columns(connection: Connection, table: str) -> set[str]:
    cursor = connection.execute(
        sql.SQL("SELECT * FROM public.{} LIMIT 0").format(sql.Identifier(table))
    )
    return {column.name for column in cursor.description or ()}
