"""Fold: add what is pending to every answer, in one transaction, exactly once."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime
from time import perf_counter
from typing import Any

import structlog
from psycopg import DatabaseError, Error, IsolationLevel

from shared.database import Connection, connect, flags, one
from shared.settings import Settings
from workers.recounts import held_for_much
from workers.tally import tally

log = structlog.get_logger("analytics")

BOUNDS = {
    # killed, it must not leave its lock to a query that nobody waits for
    "client_connection_check_interval": "2s",
    # stopped, it must not keep its lock: PostgreSQL ends it, and others go on
    "idle_in_transaction_session_timeout": "15s",
    # longer than folds and migrations of ours take; `analytics status` names who is waited for
    "lock_timeout": "60s",
}
"""How long a session of ours waits in our database, and lets others wait."""


def worker_connection(settings: Settings, name: str = "analytics") -> Connection:
    """As analytics_worker, whoever the URL logs in as; transactions are REPEATABLE READ.

    `name`: what the server shows as the application.
    """
    options = flags({"role": "analytics_worker", **BOUNDS})
    connection = connect(settings.analytics_url(), options=options, application_name=name)
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    return connection


def fold(connection: Connection, patience: float = 0) -> int:
    """Fold everything pending and return how many signed rows that were.

    `connection`: in autocommit, as `worker_connection` makes it. `patience`: seconds to wait for
    what MentorHub committed before the call; 0 takes what has arrived.
    """
    as_of = replicated_until(connection, patience)
    if as_of is None and patience:
        # what MentorHub says against the mirror is remembered by who doesn't wait
        as_of = replicated_until(connection, 0)
    return fold_as_of(connection, as_of)


def fold_as_of(connection: Connection, as_of: datetime | None) -> int:
    """Fold everything pending and say that it is right as of then; None where nobody knows.

    While the mirror is not proven to be MentorHub's tables, answers stay as they are, and right as
    of before: what is pending waits.
    """
    started, folded, fired = perf_counter(), 0, 0
    with held_for_much(connection) as may_count_anew, turn(connection):
        if one(connection, "SELECT control.may_fold(%s)", [as_of]):
            folded = one(connection, "SELECT control.fold(%s, %s)", [as_of, may_count_anew])
            fired = _alert(connection)
    if folded:
        seconds = perf_counter() - started
        tally.note("fold", seconds, rows=folded)
        log.debug("Analytics: %d changes folded in %dms", folded, round(1000 * seconds))
    if fired:
        log.warning("Analytics: %d alerts fired", fired)
    return folded


def _alert(connection: Connection) -> int:
    """How many alerts fired with this fold; whatever is wrong with them, the numbers go on."""
    try:
        with connection.transaction():
            return one(connection, "SELECT control.evaluate_alerts()")
    except DatabaseError:
        log.exception("Analytics: alerts can't be evaluated")
        return 0


@contextmanager
def turn(connection: Connection) -> Generator[None]:
    """A transaction beside which nobody folds; its snapshot is taken after the wait for others."""
    with connection.transaction():
        connection.execute("LOCK TABLE control.turn IN EXCLUSIVE MODE")
        _hold_off_truncate(connection)
        yield


@contextmanager
def snapshot(connection: Connection) -> Generator[None]:
    """A transaction that compares while others fold."""
    with connection.transaction():
        _hold_off_truncate(connection)
        yield


def _hold_off_truncate(connection: Connection) -> None:
    """Until we are done, let TRUNCATE wait: it empties a table for older snapshots too.

    What it takes away would be missing now, and be subtracted once more when it is folded.
    """
    connection.execute("LOCK TABLE control.mirror IN ACCESS SHARE MODE")


def replicated_until(connection: Connection, patience: float) -> datetime | None:
    """Ask before a snapshot is taken, so that the snapshot holds all that this speaks of."""
    return one(connection, "SELECT control.replicated_until(make_interval(secs => %s))", [patience])


class Folder:
    """Folds over one connection for as long as it lives: a fold is shorter than a log-in."""

    def __init__(self) -> None:
        self._connection: Connection | None = None

    def fold(self, settings: Settings) -> int:
        """Raises ConfigurationError or psycopg's OperationalError where the server is away."""
        return self._with(settings, fold)

    def ask(self, settings: Settings, query: str) -> Any:
        """The first column of the first row. Raises as `fold`."""
        return self._with(settings, lambda connection: one(connection, query))

    def _with(self, settings: Settings, work: Callable[[Connection], Any]) -> Any:
        if self._connection:
            try:
                return work(self._connection)
            except Error:
                if not self._connection.broken:
                    raise
        # the server restarted since the last time, or ended us as we stood still
        self._connection = worker_connection(settings)
        return work(self._connection)

    def write_down(self) -> None:
        """What this process has done, over the connection that it has anyway."""
        if self._connection:
            tally.write_down(self._connection)
