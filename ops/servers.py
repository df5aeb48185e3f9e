"""How ops commands reach the two servers: a person waits, so say soon what is missing."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

from celery import Celery
from kombu.exceptions import OperationalError
from psycopg.errors import InvalidSchemaName, UndefinedFunction, UndefinedTable

from shared.database import Connection, connect
from shared.errors import ConfigurationError, ServerUnavailableError
from shared.settings import Settings
from workers.broker import KEY_PREFIX


@contextmanager
def database(settings: Settings, **options: Any) -> Generator[Connection]:
    """A connection to the analytics database.

    Raises ConfigurationError where it can't be had, or what is asked of it finds nothing of ours.
    """
    with connect(settings.analytics_url(), **options) as connection:
        try:
            yield connection
        except (UndefinedTable, UndefinedFunction, InvalidSchemaName):
            raise ConfigurationError(
                "Analytics is not installed in this database: run `analytics init`."
            ) from None


@contextmanager
def broker(settings: Settings) -> Generator[tuple[Celery, Any]]:
    """A Celery application to send tasks with, and the connection to send them through.

    Not workers.app: that one reads its broker from the environment, when it is imported, and
    waits for it without end. Raises ServerUnavailableError when it doesn't answer.
    """
    app = Celery(
        broker=settings.broker_url(),
        set_as_current=False,
        broker_transport_options={
            "global_keyprefix": KEY_PREFIX,
            "socket_connect_timeout": 2,
            "max_retries": 0,
        },
    )
    line = cast("Any", app.connection_for_write())
    with app, line:
        try:
            line.ensure_connection(max_retries=0)
        except OperationalError:
            raise ServerUnavailableError("Redis does not answer: is REDIS_URL right?") from None
        yield app, line
