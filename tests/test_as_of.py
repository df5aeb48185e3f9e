"""Every change committed up to the as-of is counted, whatever MentorHub is busy with."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from ops.embedded import Postgres
from shared.database import connect
from shared.settings import Settings
from tests.mentorhub import ask, pair, tell
from workers.install import install
from workers.rebuild import replicated_until

BULK = """
    INSERT INTO users (username, email, hashed_password, role, is_active, is_verified)
    SELECT 'user' || n, 'user' || n || '@example.com', '', 'STUDENT', true, true
    FROM generate_series(1, 100000) AS n
"""


@pytest.fixture
def settings(postgres: Postgres) -> Iterator[Settings]:
    with pair(postgres, postgres) as settings:
        install(settings)
        yield settings


def commit(settings: Settings) -> datetime:
    """When a bulk import of one transaction was committed, by MentorHub's clock."""
    tell(settings.source_url(), BULK)
    with connect(settings.source_url()) as source:
        return ask(source, "SELECT clock_timestamp()")


def test_no_time_is_claimed_before_a_bulk_import_committed_earlier_has_arrived(
    settings: Settings,
) -> None:
    claims: list[tuple[datetime, int]] = []
    with (
        ThreadPoolExecutor(1) as mentorhub,
        connect(settings.analytics_url()) as ours,
    ):
        committing = mentorhub.submit(commit, settings)
        deadline = time.monotonic() + 60
        while not claims or claims[-1][1] < 100_000:
            assert time.monotonic() < deadline
            as_of = replicated_until(ours)
            if as_of is not None:
                claims.append((as_of, ask(ours, "SELECT count(*) FROM users")))
        committed = committing.result()
    assert [rows for as_of, rows in claims if as_of >= committed and rows < 100_000] == []


def test_a_source_that_is_away_makes_no_claim(settings: Settings) -> None:
    with connect(settings.analytics_url()) as ours:
        assert replicated_until(ours) is not None
        ours.execute("UPDATE control.source SET conninfo = 'host=/nowhere'")
        assert replicated_until(ours) is None


def test_the_worker_cannot_read_mentorhubs_address(settings: Settings) -> None:
    with connect(settings.analytics_url(), options="-c role=analytics_worker") as worker:
        assert replicated_until(worker) is not None
        assert ask(worker, "SELECT has_table_privilege('control.source', 'SELECT')") is False
        assert ask(worker, "SELECT has_schema_privilege('link', 'USAGE')") is False
