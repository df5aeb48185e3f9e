"""From an empty home to right answers, and a rebuild against the bare truth SELECTs."""

from collections.abc import Iterator

from psycopg import sql

from benchmarks.measuring import Result, fresh_databases, result, seconds
from ops import demo
from shared.database import Connection, connect
from shared.registry import SUMMARIES
from workers.install import install
from workers.rebuild import rebuild

ROUNDS = 3


def measure(users: int = 400_000) -> Iterator[Result]:
    """`users`: about 5 sessions each."""
    with fresh_databases() as settings:
        demo_data = seconds(lambda: demo.fill(settings.source_url(), users=users, seed=1))
        yield result(f"demo data, {users:,} users", demo_data, "s", 120)
        yield result("install, first copy included", seconds(lambda: install(settings)), "s")
        with connect(settings.analytics_url()) as connection:
            connection.execute("VACUUM ANALYZE")
            # as the rebuild has it: what is compared is the work, not the memory it may use
            connection.execute("SET work_mem = '256MB'")
            sessions = _count(connection, "sessions")
            pairs = [
                (seconds(lambda: rebuild(settings)), seconds(lambda: _read_truth(connection)))
                for _ in range(ROUNDS)
            ]
        ratios = sorted(whole / bare for whole, bare in pairs)
        yield result("sessions", sessions, "rows")
        yield result("rebuild of everything", min(whole for whole, _ in pairs), "s")
        yield result("the bare truth SELECTs", min(bare for _, bare in pairs), "s")
        yield result("rebuild / truth SELECTs, median", ratios[ROUNDS // 2], "x", 2.5)


def _read_truth(connection: Connection) -> None:
    """Calculate every truth and send all of it to nobody."""
    for name in SUMMARIES:
        query = sql.SQL("COPY (SELECT * FROM truth.{}) TO '/dev/null'").format(sql.Identifier(name))
        connection.execute(query)


def _count(connection: Connection, table: str) -> int:
    query = sql.SQL("SELECT count(*) FROM public.{}").format(sql.Identifier(table))
    return (connection.execute(query).fetchone() or (0,))[0]
