"""How fresh the numbers are, and who is at work."""

from datetime import datetime
from typing import Any, cast

import psycopg
import redis
from psycopg import errors, sql
from psycopg.rows import dict_row
from rich.table import Table

from shared import sqlfiles
from shared.database import connect
from shared.errors import ConfigurationError
from shared.registry import SUMMARIES
from shared.settings import Settings


def collect(settings: Settings) -> dict[str, Any]:
    """`summaries`: one entry each; `broker`, `workers`, `last_beat`: who is at work.

    Raises ConfigurationError where analytics is not installed or doesn't answer.
    """
    with connect(settings.analytics_url(), row_factory=dict_row) as connection:
        try:
            families = {
                row["family"]: row
                for row in connection.execute(sqlfiles.read("status/summaries").encode())
            }
        except errors.UndefinedTable:
            raise ConfigurationError(
                "Analytics is not installed in this database: run `analytics init`."
            ) from None
        beat = connection.execute(sqlfiles.read("status/beat").encode()).fetchone()
        return {
            "summaries": [
                {"summary": name, **families[family.name], "rows": _rows(connection, name)}
                for name, family in SUMMARIES.items()
            ],
            "broker": _broker_answers(settings),
            "workers": _workers(settings),
            "last_beat": beat and beat["last_tick"],
        }


def table(state: dict[str, Any]) -> Table:
    """What `collect` found, for people."""
    lines = Table(
        *("Summary", "Family", "As of", "Lag", "Rows", "Last rebuild", "Took"),
        caption=_who_is_at_work(state),
        caption_justify="left",
    )
    for row in state["summaries"]:
        late = row["lag_seconds"] is None or row["lag_seconds"] > row["ttl_seconds"]
        lines.add_row(
            row["summary"],
            row["family"],
            _clock(row["as_of"]),
            f"[{'red' if late else 'green'}]{_seconds(row['lag_seconds'])}[/]",
            f"{row['rows']:,}",
            f"{_clock(row['rebuilt_at'])} {row['rebuild_error'] or row['rebuild_reason'] or ''}",
            _seconds(row["rebuild_seconds"]),
        )
    return lines


def _who_is_at_work(state: dict[str, Any]) -> str:
    workers = ", ".join(state["workers"]) or "[red]none answers[/]"
    broker = "answers" if state["broker"] else "[red]doesn't answer[/]"
    return f"Workers: {workers}\nBroker:  {broker}\nBeat:    last tick {_clock(state['last_beat'])}"


def _rows(connection: psycopg.Connection[dict[str, Any]], summary: str) -> int:
    query = sql.SQL("SELECT count(*) AS rows FROM analytics.{}").format(sql.Identifier(summary))
    return (connection.execute(query).fetchone() or {"rows": 0})["rows"]


def _broker_answers(settings: Settings) -> bool:
    try:
        with redis.Redis.from_url(settings.broker_url(), socket_timeout=2) as broker:
            return bool(broker.ping())
    except redis.RedisError:
        return False


def _workers(settings: Settings) -> list[str]:
    if not _broker_answers(settings):
        return []
    from workers.app import app  # noqa: PLC0415 - needs a broker; the settings name it

    answers = cast("list[dict[str, Any]]", app.control.ping(timeout=1) or [])
    return sorted(name for answer in answers for name in answer)


def _clock(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else "never"


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:,.1f} s"
