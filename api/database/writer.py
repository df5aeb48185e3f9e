"""The only way from a request into the database: what people enter, on somebody's behalf."""

from typing import Any

from sqlalchemy import NullPool, Row

from api.database.reader import PATIENCE, SERVER_SETTINGS, statement
from shared.engine import engine
from shared.settings import Settings


class Writer:
    """Runs `sql/write/NAME.sql` as analytics_reader, which may write what people enter and no more.

    Never at a replica; over a connection each time, as people enter little.
    """

    def __init__(self, settings: Settings) -> None:
        self._engine = engine(
            settings.analytics_url(),
            poolclass=NullPool,
            settings=SERVER_SETTINGS | {"default_transaction_read_only": "off"},
            patience=PATIENCE,
        )

    def row(self, name: str, user_id: int, **parameters: object) -> Row[Any] | None:
        """The only row of the statement `name`, if it has one.

        `user_id`: who is remembered as its writer.
        """
        with self._engine.begin() as connection:
            connection.execute(statement("write/as_user"), {"user_id": str(user_id)})
            return connection.execute(statement(f"write/{name}"), parameters).one_or_none()
