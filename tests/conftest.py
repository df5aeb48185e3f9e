"""Real servers for all tests: one embedded PostgreSQL a process, one fresh database a test."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import hypothesis
import pytest

from ops.local.embedded import Postgres
from shared.database import Connection, connect
from shared.settings import Settings
from tests.support.databases import DEFAULTS, calculated_empty, database, serving
from workers.fold import worker_connection

# how long an example takes is the machine's affair
hypothesis.settings.register_profile("analytics", deadline=None)
hypothesis.settings.load_profile("analytics")


LONGEST = ("test_history.py", "test_history_of_mentors.py")

LONGEST_IN_A_BROWSER = "test_page.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first, or one worker would end minutes after the other.

    What needs a stack of the session's comes last: until its end that goes on working.
    """
    items.sort(
        key=lambda item: (
            item.path.name not in LONGEST,
            item.path.parent.name == "web",
            item.path.name != LONGEST_IN_A_BROWSER,
        )
    )


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """An embedded PostgreSQL.

    POSTGRES_BINARIES names the folder of another version's initdb and postgres.
    """
    binaries = os.environ.get("POSTGRES_BINARIES")
    with serving(Path(binaries) if binaries else None) as server:
        yield server


@pytest.fixture(scope="session")
def analytics_template(postgres: Postgres) -> str:
    """A database with an empty mirror and all schemas, to be cloned by tests."""
    return calculated_empty(postgres, "analytics_template")


@pytest.fixture
def analytics_db(postgres: Postgres, analytics_template: str) -> Iterator[str]:
    """The owner's URL of a fresh analytics database without replication: tests write its mirror."""
    with database(postgres, f"test_{uuid4().hex}", analytics_template) as url:
        yield url


@pytest.fixture
def settings(analytics_db: str) -> Settings:
    """Settings for the fresh database, in UTC and RUB."""
    return replace(DEFAULTS, analytics_database_url=analytics_db)


@pytest.fixture
def ours(settings: Settings) -> Iterator[Connection]:
    """The owner's connection to the fresh database."""
    with connect(settings.analytics_url()) as connection:
        yield connection


@pytest.fixture
def worker(ours: Connection, settings: Settings) -> Iterator[Connection]:
    del ours
    with worker_connection(settings) as connection:
        yield connection
