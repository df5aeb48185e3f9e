"""Connections in a pool, by SQLAlchemy: apart from `shared.database`, as most programs need none.

Importing SQLAlchemy takes a third of a second, for which a command would keep people waiting.
"""

from typing import Any

from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import Pool, QueuePool

from shared.database import connect, flags


def engine(
    url: str,
    *,
    poolclass: type[Pool] = QueuePool,
    settings: dict[str, str] | None = None,
    patience: float | None = None,
    **options: Any,
) -> Engine:
    """A SQLAlchemy engine whose connections start with the given server `settings`.

    A setting given here (`role=analytics_reader`) is also what RESET goes back to.
    """
    session = flags(settings or {})
    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: connect(url, options=session, autocommit=False, patience=patience),
        poolclass=poolclass,
        **options,
    )
