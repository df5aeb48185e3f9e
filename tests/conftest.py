"""Real servers for all tests: one embedded PostgreSQL a process, one fresh database a test."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from psycopg import sql

from ops.embedded import Postgres
from shared import sqlfiles
from shared.database import Connection, connect
from shared.settings import Settings
from workers.install import install_schemas

DEFAULTS = Settings(
    analytics_database_url=None,
    source_database_url=None,
    read_database_url=None,
    redis_url=None,
    jwt_secret_key="a key that only tests know, 32 bytes or more",  # noqa: S106
    jwt_audience="mentorhub",
    jwt_issuer="mentorhub-api",
    timezone="UTC",
    currency="RUB",
    minor_units=100,
    mapping=None,
    home=Path("/nowhere"),
    log_format="console",
    log_level="INFO",
)
"""Whatever the environment of whoever runs the tests says."""


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """An embedded PostgreSQL; fsync is off, as nothing in it outlives the tests."""
    data = tmp_path_factory.mktemp("postgres") / "data"
    with Postgres(data, settings={"fsync": "off", "synchronous_commit": "off"}) as server:
        yield server


@pytest.fixture(scope="session")
def analytics_template(postgres: Postgres) -> str:
    """A database with an empty mirror and all schemas, to be cloned by tests."""
    with connect(postgres.url()) as server:
        server.execute("CREATE DATABASE analytics_template")
    with connect(postgres.url("analytics_template")) as ours:
        ours.execute(sqlfiles.read("install/mirror").encode())
        install_schemas(ours, _settings(postgres, "analytics_template"), datetime.now(UTC))
    return "analytics_template"


@pytest.fixture
def analytics_db(
    postgres: Postgres, analytics_template: str, request: pytest.FixtureRequest
) -> Iterator[str]:
    """The owner's URL of a fresh analytics database without replication: tests write its mirror."""
    name = f"test_{abs(hash(request.node.nodeid))}"
    with connect(postgres.url()) as server:
        _clone(server, name, analytics_template)
        yield postgres.url(name)
        _drop(server, name)


@pytest.fixture
def settings(analytics_db: str) -> Settings:
    """Settings for the fresh database, in UTC and RUB."""
    return replace(DEFAULTS, analytics_database_url=analytics_db)


def _clone(server: Connection, name: str, template: str) -> None:
    _drop(server, name)
    server.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
            sql.Identifier(name), sql.Identifier(template)
        )
    )


def _drop(server: Connection, name: str) -> None:
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _settings(postgres: Postgres, database: str) -> Settings:
    return replace(DEFAULTS, analytics_database_url=postgres.url(database))
