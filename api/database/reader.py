"""The only way from a request to the database: one row of a read model at a time."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from time import monotonic
from typing import Any

from psycopg.errors import FeatureNotSupported
from sqlalchemy import Row, TextClause, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from shared import sqlfiles
from shared.database import ServerSilentError
from shared.engine import engine
from shared.errors import ServerUnavailableError
from shared.settings import Settings

SERVER_SETTINGS = {
    "role": "analytics_reader",
    "default_transaction_read_only": "on",
    # the server gives up a little earlier than we do
    "statement_timeout": "3500",
    # stopped, it must not keep a snapshot that nothing can be cleared away behind
    "idle_in_transaction_session_timeout": "15000",
}
"""Every connection of the API starts with these, whoever its URL logs in as."""

PATIENCE = 4.0
"""Seconds that an answer may take: whoever asks hears within 5 that there is none."""

LONG = 1.0
"""Seconds: who fails as slowly as this is silent, and would take a thread from others each time."""

REST = 0.5
"""Seconds after which a silent database is tried again, by one request; others hear at once."""


@dataclass(frozen=True)
class Query:
    """One that is made of a template."""

    text: str


class Reader:
    """Runs `sql/read/NAME.sql` as analytics_reader, whoever the URL logs in as."""

    def __init__(self, settings: Settings) -> None:
        self.url = settings.read_database_url or settings.analytics_url()
        self.engine = engine(
            self.url,
            settings=SERVER_SETTINGS,
            isolation_level="AUTOCOMMIT",
            pool_timeout=PATIENCE,
            patience=PATIENCE,
        )
        self._lock = Lock()
        self._silent = self._is_tried = False
        self._rests_until = 0.0

    def rows(self, name: str | Query, **parameters: object) -> Sequence[Row[Any]]:
        """Every row of the query `name`."""
        with self._if_not_silent():
            try:
                return self._execute(name, parameters)
            except DBAPIError as error:
                # An upgrade gave the answer other columns than this connection has prepared for.
                if isinstance(error.orig, FeatureNotSupported):
                    self.engine.dispose()
                # The server restarted since this connection was last used: the pool has just
                # dropped all of that age, so the second try gets a new one or no server at all.
                elif not error.connection_invalidated or isinstance(error.orig, ServerSilentError):
                    raise
                return self._execute(name, parameters)

    def row(self, name: str | Query, **parameters: object) -> Row[Any] | None:
        """The only row of the query `name`, if it has one."""
        return next(iter(self.rows(name, **parameters)), None)

    def close(self) -> None:
        """Close the pooled connections."""
        self.engine.dispose()

    @contextmanager
    def _if_not_silent(self) -> Generator[None]:
        """Raises ServerUnavailableError at once where others have just waited in vain."""
        with self._lock:
            if self._silent and (self._is_tried or monotonic() < self._rests_until):
                raise ServerUnavailableError("The database was silent a moment ago.")
            self._is_tried = True
        asked, silent = monotonic(), False
        try:
            yield
        except (DBAPIError, PoolTimeoutError, ServerUnavailableError) as error:
            lost = not isinstance(error, DBAPIError) or error.connection_invalidated
            silent = lost and monotonic() - asked >= LONG
            raise
        finally:
            with self._lock:
                self._silent, self._is_tried = silent, False
                self._rests_until = monotonic() + REST

    def _execute(self, name: str | Query, parameters: dict[str, object]) -> Sequence[Row[Any]]:
        with self.engine.connect() as connection:
            query = f"read/{name}" if isinstance(name, str) else name
            return connection.execute(statement(query), parameters).all()


@lru_cache(1000)  # as many ways as clients ask in
def statement(query: str | Query) -> TextClause:
    """The query of a name, `read/platform` as in sqlfiles, or one that is made of a template."""
    return text(query.text if isinstance(query, Query) else sqlfiles.read(query))
