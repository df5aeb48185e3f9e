"""The only way from a request to the database: one row of a read model at a time."""

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from flask import current_app
from sqlalchemy import Row, TextClause, text
from sqlalchemy.exc import DBAPIError

from shared import sqlfiles
from shared.database import engine
from shared.settings import Settings

SERVER_SETTINGS = {
    "role": "analytics_reader",
    "default_transaction_read_only": "on",
    "statement_timeout": "10000",
    # stopped, it must not keep a snapshot that nothing can be cleared away behind
    "idle_in_transaction_session_timeout": "15000",
}
"""Every connection of the API starts with these, whoever its URL logs in as."""

EXTENSION = "analytics-reader"
"""Where an app keeps its own."""


class Reader:
    """Runs `sql/read/NAME.sql` as analytics_reader, whoever the URL logs in as."""

    def __init__(self, settings: Settings) -> None:
        self.engine = engine(
            settings.read_database_url or settings.analytics_url(),
            settings=SERVER_SETTINGS,
            isolation_level="AUTOCOMMIT",
            pool_timeout=5,
        )

    def rows(self, name: str, **parameters: object) -> Sequence[Row[Any]]:
        """Every row of the query `name`."""
        try:
            return self._execute(name, parameters)
        except DBAPIError as error:
            # The server restarted since this connection was last used: the pool has just
            # dropped all of that age, so the second try gets a new one or no server at all.
            if not error.connection_invalidated:
                raise
            return self._execute(name, parameters)

    def row(self, name: str, **parameters: object) -> Row[Any] | None:
        """The only row of the query `name`, if it has one."""
        return next(iter(self.rows(name, **parameters)), None)

    def close(self) -> None:
        """Close the pooled connections."""
        self.engine.dispose()

    def _execute(self, name: str, parameters: dict[str, object]) -> Sequence[Row[Any]]:
        with self.engine.connect() as connection:
            return connection.execute(_statement(name), parameters).all()


def reader() -> Reader:
    """The reader of the app that handles this request."""
    return cast("Reader", current_app.extensions[EXTENSION])


@cache
def _statement(name: str) -> TextClause:
    return text(sqlfiles.read(f"read/{name}"))
