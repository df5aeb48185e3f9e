"""From an empty home to right answers, and a rebuild against the bare truth SELECTs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from psycopg import sql

from ops import demo
from ops.embedded import Postgres
from shared.database import Connection, connect
from shared.registry import SUMMARIES
from shared.settings import Settings, load
from workers.install import install
from workers.rebuild import rebuild

ROUNDS = 3
Result = dict[str, Any]


def measure(users: int) -> Iterator[Result]:
    """One result a figure: name, value, unit, goal (None where there is none), ok."""
    with _fresh_databases() as settings:
        demo_data = _seconds(lambda: demo.fill(settings.source_url(), users=users, seed=1))
        yield _result(f"demo data, {users:,} users", demo_data, "s", 120)
        yield _result("install, first copy included", _seconds(lambda: install(settings)), "s")
        with connect(settings.analytics_url()) as connection:
            connection.execute("VACUUM ANALYZE")
            # as the rebuild has it: what is compared is the work, not the memory it may use
            connection.execute("SET work_mem = '256MB'")
            sessions = _count(connection, "sessions")
            pairs = [
                (_seconds(lambda: rebuild(settings)), _seconds(lambda: _read_truth(connection)))
                for _ in range(ROUNDS)
            ]
        ratios = sorted(whole / bare for whole, bare in pairs)
        yield _result("sessions", sessions, "rows")
        yield _result("rebuild of everything", min(whole for whole, _ in pairs), "s")
        yield _result("the bare truth SELECTs", min(bare for _, bare in pairs), "s")
        yield _result("rebuild / truth SELECTs, median", ratios[ROUNDS // 2], "x", 2.5)


@contextmanager
def _fresh_databases() -> Iterator[Settings]:
    with TemporaryDirectory(prefix="analytics-bench-") as folder:
        Path(folder).chmod(0o755)
        with Postgres(Path(folder) / "postgres") as server:
            with connect(server.url()) as connection:
                connection.execute("CREATE DATABASE mentorhub")
                connection.execute("CREATE DATABASE analytics")
            yield replace(
                load(Path(folder)),
                source_database_url=server.url("mentorhub"),
                analytics_database_url=server.url("analytics"),
            )


def _read_truth(connection: Connection) -> None:
    """Calculate every truth and send all of it to nobody."""
    for name in SUMMARIES:
        query = sql.SQL("COPY (SELECT * FROM truth.{}) TO '/dev/null'").format(sql.Identifier(name))
        connection.execute(query)


def _count(connection: Connection, table: str) -> int:
    query = sql.SQL("SELECT count(*) FROM public.{}").format(sql.Identifier(table))
    return (connection.execute(query).fetchone() or (0,))[0]


def _seconds(action: Any) -> float:
    started = perf_counter()
    action()
    return perf_counter() - started


def _result(name: str, value: float, unit: str, goal: float | None = None) -> Result:
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "goal": f"<= {goal:g}" if goal else None,
        "ok": value <= goal if goal else None,
    }
