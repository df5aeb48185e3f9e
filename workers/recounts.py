"""Who compares what is stored with its truth, so that what is wrong is corrected once."""

from collections.abc import Generator
from contextlib import contextmanager

from psycopg.errors import LockNotAvailable

from shared.database import Connection, one
from shared.errors import ConfigurationError

UNDER_WAY = "A rebuild or audit is still under way: try again when it is done."

_LOCK = "hashtext('mentorhub_analytics rebuild')"


def hold_recounts(connection: Connection, *, wait: bool = True) -> bool:
    """While an audit or new settings are at work nobody else is: drift would be corrected twice.

    False where somebody is at it and we do not `wait`. The lock is the session's; slices of
    rebuilds share it. Raises ConfigurationError where that takes too long.
    """
    verb = "pg_advisory_lock" if wait else "pg_try_advisory_lock"
    try:
        return one(connection, f"SELECT {verb}({_LOCK})") is not False
    except LockNotAvailable:
        raise ConfigurationError(UNDER_WAY) from None


def release_recounts(connection: Connection) -> None:
    """Whoever comes next need not wait until PostgreSQL has noticed that the session is over."""
    connection.execute(f"SELECT pg_advisory_unlock({_LOCK})".encode())


@contextmanager
def held_for_much(connection: Connection) -> Generator[bool]:
    """Whether so much waits that a fold may count anew, and nobody compares until it is committed.

    To be entered before the fold's snapshot is taken: what somebody found wrong and committed
    later would be right by then, and corrected all the same.
    """
    held = one(connection, "SELECT control.is_much()") and hold_recounts(connection, wait=False)
    try:
        yield held
    finally:
        if held and not connection.broken:
            release_recounts(connection)
