"""A stage whose clock is set, and who stands in whose way on it."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import LiteralString

from psycopg import sql

from shared.database import connect
from shared.settings import Settings
from tests.support.hand import MENTORHUB, NOW
from tests.support.history import Stage
from tests.support.mirror import at
from workers.fold import fold, worker_connection


@contextmanager
def prepared(url: str) -> Generator[Stage]:
    with connect(url) as connection:
        at(connection, NOW)
    stage = Stage(url)
    try:
        yield stage
    finally:
        stage.close()


@contextmanager
def held(stage: Stage, schema: str, name: str, mode: LiteralString) -> Generator[int]:
    """A table, or what a view reads; gives who holds it."""
    with connect(stage.settings.analytics_url()) as holder, holder.transaction():
        lock = sql.SQL("LOCK {} IN {} MODE").format(sql.Identifier(schema, name), sql.SQL(mode))
        holder.execute(lock)
        yield holder.info.backend_pid


def waiting(stage: Stage, holder: int) -> list[int]:
    """Our own processes that stand there."""
    query = (
        "SELECT pid FROM pg_stat_activity"
        " WHERE %s = ANY (pg_blocking_pids(pid)) AND application_name <> %s"
    )
    return [pid for (pid,) in stage.ours.execute(query, [holder, MENTORHUB])]


def fold_once(settings: Settings) -> int:
    with worker_connection(settings) as connection:
        return fold(connection)
