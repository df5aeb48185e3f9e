"""A month of a small platform in less than half an hour: what is no data must level off.

A day is so many commits, dated by our clock, which is then set a day ahead: windows move, the night
is made, series and old records are pruned.
"""

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import mean
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
from celery import Celery
from redis import Redis

from benchmarks.live import CAUGHT_UP, Live, demo, mixed, paced
from benchmarks.measuring import Result, at_least, result
from workers.broker import KEY_PREFIX

DAYS = 30

COMMITS = 2_000
"""A day."""

KEPT = 7
"""Days for which rebuilds, nights among them, are remembered."""

Sizes = dict[str, float]
"""MB by what takes them."""


def measure(users: int = 20_000, seconds: float = 25) -> Iterator[Result]:
    """`seconds`: of a day, without its night."""
    with (
        demo(users) as live,
        psycopg.connect(live.database_url, autocommit=True) as ours,
        psycopg.connect(live.source_url, autocommit=True) as theirs,
    ):
        days: list[Sizes] = []
        for day in range(1, DAYS + 1):
            _set_clock(ours, day)
            for number in paced(COMMITS / seconds, seconds):
                statement, values = mixed(day * COMMITS + number)
                theirs.execute(statement.replace("now()", f"now() + interval '{day} d'"), values)
            _make_night(live, ours)
            while live.lag(live.asker()) > CAUGHT_UP:
                time.sleep(0.5)
            days.append(_sizes(live, ours))
            _tell(day, days[-1])
        yield at_least("nights made and still remembered", _nights(ours), "", KEPT)
        yield from _judged(days)


def _set_clock(ours: psycopg.Connection[Any], day: int) -> None:
    """So many days ahead, for whoever asks from now on."""
    ours.execute(
        "CREATE OR REPLACE FUNCTION analytics.now() RETURNS timestamptz STABLE LANGUAGE sql"
        f" RETURN pg_catalog.now() + interval '{day} d'".encode()
    )


def _make_night(live: Live, ours: psycopg.Connection[Any]) -> None:
    """As beat does, which looks every quarter of an hour."""
    app = Celery(broker=live.redis_url)
    app.conf.broker_transport_options = {"global_keyprefix": KEY_PREFIX}
    night = str(uuid4())
    app.send_task("workers.tasks.nightly_refresh", task_id=night, ignore_result=True)
    made: LiteralString = "SELECT FROM control.run WHERE id = %s AND finished_at IS NOT NULL"
    ends = time.monotonic() + 120
    while not ours.execute(made, [night]).rowcount and time.monotonic() < ends:
        time.sleep(0.5)


def _nights(ours: psycopg.Connection[Any]) -> int:
    rows = ours.execute("SELECT count(*) FROM control.run WHERE reason = 'nightly'")
    return rows.fetchall()[0][0]


_TABLES: LiteralString = """
    SELECT
        CASE
            WHEN nspname IN ('public', 'analytics', 'kept') THEN 'rows'
            ELSE 'signed rows, corrections, records'
        END,
        sum(pg_table_size(pg_class.oid)) / 1e6::float8,
        sum(pg_indexes_size(pg_class.oid)) / 1e6::float8
    FROM pg_class INNER JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE
        relkind IN ('r', 'm')
        AND nspname IN ('public', 'analytics', 'kept', 'capture', 'correction', 'control')
    GROUP BY 1
"""


def _sizes(live: Live, ours: psycopg.Connection[Any]) -> Sizes:
    sizes: Sizes = {}
    for what, tables, indexes in ours.execute(_TABLES):
        sizes |= {f"tables: {what}": float(tables), f"indexes: {what}": float(indexes)}
    (wal,) = ours.execute("SELECT sum(size) / 1e6::float8 FROM pg_ls_waldir()").fetchall()[0]
    used: Any = Redis.from_url(live.redis_url).info("memory")
    memory = {f"memory: {kind}": float(taken) for kind, taken in live.memory().items()}
    return {**sizes, "WAL": float(wal), "Redis": used["used_memory"] / 1e6, **memory}


def _tell(day: int, sizes: Sizes) -> None:
    figures = ", ".join(f"{what} {size:.1f}" for what, size in sorted(sizes.items()))
    sys.stderr.write(f"{datetime.now(UTC):%H:%M:%S} day {day}: {figures} MB\n")


def _judged(days: list[Sizes]) -> Iterator[Result]:
    """What the last ten days have, beside the ten before."""
    for what in sorted(days[-1]):
        before, last = (
            mean(day.get(what, 0) for day in part) for part in (days[10:20], days[20:30])
        )
        yield result(what, days[-1][what], "MB")
        # rows of MentorHub's grow with its business; what is below 10 MB, by chance
        goal = None if what.endswith(": rows") else 1.1
        yield result(f"{what}: days 21-30 / 11-20", (last + 10) / (before + 10), "x", goal)
