"""Folding by hand: everything that MentorHub committed before the call."""

from psycopg import IsolationLevel

from ops.servers import database
from shared.settings import Settings
from workers.fold import fold_as_of, replicated_until

PATIENCE = 60
"""Seconds to wait for replication, which a bulk import may keep busy."""


def refresh(settings: Settings) -> tuple[int, str | None]:
    """How many changes were folded, and as of when everything is right: MentorHub's clock.

    None: replication is behind or down; what has arrived is folded all the same.
    """
    with database(settings) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        as_of = replicated_until(connection, PATIENCE)
        folded = fold_as_of(connection, as_of)
    return folded, as_of.isoformat(timespec="milliseconds") if as_of else None
