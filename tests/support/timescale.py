"""A server with TimescaleDB, where the one that is installed has it."""

from pathlib import Path

from ops.local.embedded import Postgres
from shared.database import connect

SETTINGS = {
    "shared_preload_libraries": "timescaledb",
    # to its makers
    "timescaledb.telemetry_level": "off",
    # would hold on to a database that others are cloned from
    "timescaledb.max_background_workers": "0",
}


def is_there(binaries: Path) -> bool:
    """Whether the PostgreSQL whose programs these are has it."""
    return any((binaries.parent / "lib").rglob("timescaledb.so"))


def create(server: Postgres) -> None:
    """In whatever database is made from now on."""
    with connect(server.url("template1")) as connection:
        connection.execute("CREATE EXTENSION timescaledb")
