"""Databases of tests: their settings, fresh ones, and one with something of everything."""

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from psycopg import sql

from ops.local.embedded import Postgres
from shared.database import Connection, connect
from shared.settings import Settings, made
from tests.support import timescale
from tests.support.world import fill
from workers.install import install_schemas
from workers.mirrored import creation
from workers.rebuild import rebuild

DEFAULTS = replace(
    made({}.get),
    jwt_secret_key="a key that only tests know, 32 bytes or more",  # noqa: S106
    rate_limit_per_user="",
    rate_limit_per_address="",
    home=Path("/nowhere"),
)
"""Whatever the environment of whoever runs the tests says."""


UNSAFE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "256MB",
}
"""As nothing in it outlives the tests."""

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of a random name is made in it

_ENOUGH = 4 << 30


def in_memory() -> bool:
    """Whether there is a file system in memory that holds the data of a server for tests."""
    return MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > _ENOUGH


_CLONE = sql.SQL(
    # in memory copying files takes a tenth of the CPU that copying pages does, on disk twice it
    "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY"
    if in_memory()
    else "CREATE DATABASE {} TEMPLATE {}"
)


def _clear_memory() -> None:
    """Of what sessions left there that were killed."""
    for folder in MEMORY.glob("analytics-*-*"):
        owner = folder.name.split("-")[1]
        if owner.isdecimal() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def serving(binaries: Path | None) -> Generator[Postgres]:
    """A PostgreSQL, in memory where there is enough; with TimescaleDB where that is installed.

    `binaries`: the folder of its programs; the embedded one's when None.
    """
    has_it = binaries is not None and timescale.is_there(binaries)
    _clear_memory()
    with (
        TemporaryDirectory(
            prefix=f"analytics-{os.getpid()}-", dir=MEMORY if in_memory() else None
        ) as folder,
        Postgres(
            Path(folder) / "data",
            binaries=binaries,
            settings=UNSAFE | (timescale.SETTINGS if has_it else {}),
        ) as server,
    ):
        if has_it:
            timescale.create(server)
        yield server


def calculated_empty(postgres: Postgres, name: str) -> str:
    """A new database with an empty mirror and all schemas; returns its name."""
    with connect(postgres.url()) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    with connect(postgres.url(name)) as ours:
        ours.execute(creation().encode())
        install_schemas(ours, settings_of(postgres, name), datetime.now(UTC))
    return name


def clone(server: Connection, name: str, template: str) -> None:
    server.execute(_CLONE.format(sql.Identifier(name), sql.Identifier(template)))


def calculated(postgres: Postgres, name: str, template: str) -> Settings:
    """Of a new database `name` with something of everything, calculated; it stays for others."""
    with connect(postgres.url()) as server:
        clone(server, name, template)
    with connect(postgres.url(name)) as connection:
        fill(connection)
    settings = settings_of(postgres, name)
    rebuild(settings)
    return settings


@contextmanager
def database(postgres: Postgres, name: str, template: str = "template1") -> Generator[str]:
    """The URL of a new database, dropped at the end."""
    identifier = sql.Identifier(name)
    with connect(postgres.url()) as server:
        clone(server, name, template)
        try:
            yield postgres.url(name)
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))


def settings_of(postgres: Postgres, database: str) -> Settings:
    return replace(DEFAULTS, analytics_database_url=postgres.url(database))
