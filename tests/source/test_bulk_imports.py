"""A large transaction arrives while MentorHub makes it, and counts when it commits."""

from collections.abc import Iterator

import pytest

from ops.local.embedded import Postgres
from shared.database import connect
from shared.settings import Settings
from tests.support.mentorhub import (
    Installed,
    ask,
    check,
    fill,
    is_mirrored,
    look_until_proven,
    tell,
)
from tests.support.processes import wait_until
from workers.rebuild import rebuild

MANY = 40_000
"""Sessions: more than MentorHub's server keeps in memory for us."""

SESSIONS = (
    "INSERT INTO sessions"
    " (student_id, mentor_id, scheduled_at, duration_minutes, status, created_at, updated_at)"
    " SELECT 1 + n % 50, 1 + n % 5, '2026-03-10', 30, 'COMPLETED', '2026-03-10', '2026-03-10'"
    " FROM generate_series(1, {}) AS n"
)

ARRIVES = """
    SELECT EXISTS (
        SELECT FROM pg_stat_activity
        WHERE
            datname = current_database()
            AND backend_type = 'logical replication parallel worker'
            AND backend_xid IS NOT NULL
    )
"""


@pytest.fixture(scope="module")
def installed(postgres: Postgres) -> Installed:
    return Installed(postgres, fill)


@pytest.fixture
def settings(installed: Installed) -> Iterator[Settings]:
    with installed.pair() as settings:
        yield settings


def everything_is_right(settings: Settings) -> None:
    """Also what was captured: a rebuild finds nothing to correct."""
    assert is_mirrored(settings)
    # TRUNCATE gives a table another file: folds wait for the guard's look
    assert look_until_proven(settings)
    assert rebuild(settings) == 0
    check(settings)


def test_others_commit_while_a_large_transaction_is_open(settings: Settings) -> None:
    with (
        connect(settings.source_url()) as importing,
        connect(settings.source_url()) as other,
        connect(settings.analytics_url()) as ours,
    ):
        count = "SELECT count(*) FROM sessions"
        before = ask(ours, count)
        with importing.transaction():
            importing.execute(SESSIONS.format(MANY).encode())
            if ours.info.server_version >= 160000:
                assert wait_until(lambda: ask(ours, ARRIVES))
            other.execute(SESSIONS.format(1).encode())
            assert wait_until(lambda: ask(ours, count) == before + 1)
    everything_is_right(settings)


def test_what_a_large_transaction_took_back_never_counts(settings: Settings) -> None:
    few, many = SESSIONS.format(10), SESSIONS.format(MANY)
    tell(
        settings.source_url(),
        f"BEGIN; {many}; ROLLBACK",
        f"BEGIN; {few}; SAVEPOINT half; {many}; ROLLBACK TO half; {many}; COMMIT",
    )
    everything_is_right(settings)


def test_a_table_truncated_and_filled_again_in_one_transaction_is_right(settings: Settings) -> None:
    tell(
        settings.source_url(), f"BEGIN; TRUNCATE sessions CASCADE; {SESSIONS.format(MANY)}; COMMIT"
    )
    everything_is_right(settings)
