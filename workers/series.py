"""How long metrics are kept by the hour and by the minute."""

import structlog
from psycopg.types.json import Jsonb

from shared.database import Connection, one
from shared.settings import Settings
from workers.fold import turn

log = structlog.get_logger("analytics")


def kept_days(settings: Settings) -> Jsonb:
    """How many days before today each grain is kept, as the functions in SQL take it."""
    return Jsonb({"hour": settings.keep_hours, "minute": settings.keep_minutes})


def keep_series(connection: Connection, settings: Settings) -> int:
    """Drop what is older, or take again what is kept for longer now; return how many rows.

    A no-op for the rest of the day. `connection`: in autocommit, REPEATABLE READ.
    """
    days = kept_days(settings)
    if one(connection, "SELECT control.keeps_series(%s)", [days]):
        return 0
    with turn(connection):
        rows = one(connection, "SELECT control.keep_series(%s)", [days])
    log.info("Analytics: series by the hour and minute have another first day: %d rows", rows)
    return rows
