"""How this system reaches PostgreSQL."""

import re
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import Pool, QueuePool

from shared.errors import ConfigurationError, ServerUnavailableError

OLDEST_POSTGRES = 15
"""Publications have column lists from 15 on."""

Connection = psycopg.Connection[Any]


def connect(url: str, **options: Any) -> Connection:
    """One psycopg connection, in autocommit unless `options` say otherwise.

    Raises ConfigurationError for a URL or server that can't be used, ServerUnavailableError for
    one that doesn't answer; both name the server and never the password.
    """
    defaults = {"autocommit": True, "connect_timeout": 10, "application_name": "analytics"}
    try:
        connection: Connection = psycopg.connect(url, **defaults | options)  # pyright: ignore[reportArgumentType]
    except psycopg.OperationalError as error:
        raise ServerUnavailableError(f"Can't connect to {where(url)}: {_reason(error)}") from None
    except psycopg.ProgrammingError:
        raise ConfigurationError(
            "A database URL can't be read: write postgresql://USER:PASSWORD@HOST/NAME."
        ) from None
    version = connection.info.server_version
    if version < OLDEST_POSTGRES * 10000:
        connection.close()
        raise ConfigurationError(
            f"{where(url)} is version {version // 10000}: "
            f"version {OLDEST_POSTGRES} or newer is needed."
        )
    return connection


def engine(
    url: str,
    *,
    poolclass: type[Pool] = QueuePool,
    settings: dict[str, str] | None = None,
    **options: Any,
) -> Engine:
    """A SQLAlchemy engine whose connections start with the given server `settings`.

    A setting given here (`role=analytics_reader`) is also what RESET goes back to.
    """
    flags = options_of(url, settings or {})
    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: connect(url, options=flags, autocommit=False),
        poolclass=poolclass,
        **options,
    )


def options_of(url: str, settings: dict[str, str]) -> str:
    """The URL's own `options`, and the given server settings."""
    flags = " ".join(f"-c {name}={value}" for name, value in settings.items())
    return f"{conninfo_to_dict(url).get('options') or ''} {flags}".strip()


def where(url: str) -> str:
    """Host, port and database of a URL, for people: no user, no password."""
    parts = conninfo_to_dict(url)
    host, port = parts.get("host", "localhost"), parts.get("port", 5432)
    return f"PostgreSQL at {host}:{port}/{parts.get('dbname', '')}"


def _reason(error: psycopg.OperationalError) -> str:
    reason = re.sub(r"^.*(FATAL|failed):\s*", "", " ".join(str(error).split()))
    return reason.removesuffix(".") + "."
