"""Who keeps us waiting in our own database: a sentence each, with the command that ends it."""

from typing import Any

from shared.database import Connection, run


def blockers(connection: Connection) -> list[str]:
    """Sessions that others have waited for longer than 2 seconds; `connection` makes dict rows."""
    return [
        f"{_who(row)} keeps {row['waiting']} waiting{_since(row)}{_doing(row)}. "
        f"To end it, run `{row['command']}` in the analytics database."
        for row in run(connection, "status/blockers")
    ]


def snapshots(connection: Connection) -> list[str]:
    """Transactions open for longer than a minute, which make every fold dearer."""
    return [
        f"{_who(row)} has had a transaction open{_since(row)}{_doing(row)}: {row['dead_rows']:,} "
        "rows that are gone can't be cleared away, and folds get slower. "
        f"To end it, run `{row['command']}` in the analytics database."
        for row in run(connection, "status/snapshots")
    ]


def _who(row: dict[str, Any]) -> str:
    number = f"pid {row['pid']}, " if row["pid"] else ""
    return f"{row['application']} ({number}user {row['login']})"


def _since(row: dict[str, Any]) -> str:
    """By the clock of whoever asks."""
    return f" since {row['since'].astimezone():%d %b %H:%M:%S}" if row["since"] else ""


def _doing(row: dict[str, Any]) -> str:
    query = " ".join((row["query"] or "").split())
    return f" ({query})" if query else ""
