"""The mirror is compared with MentorHub's tables, row by row in the end, and mended."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ops import demo
from ops.local.embedded import Postgres
from shared.database import Connection, connect
from shared.errors import ServerUnavailableError
from shared.settings import Settings
from tests.support.mentorhub import (
    NOW,
    POSTGRES_15,
    QUICK,
    ask,
    check,
    is_mirrored,
    look_until_proven,
    make_older,
    pair,
    received,
    tell,
)
from workers import mirror
from workers.audit import audit
from workers.fold import fold, worker_connection
from workers.install import install
from workers.mentorhub import publication
from workers.mirror_audit import Difference, audit_mirror


@pytest.fixture(scope="module")
def settings(postgres: Postgres) -> Iterator[Settings]:
    """Installed, with demo data; tests mend what they spoil."""
    with pair(postgres, postgres) as settings:
        demo.fill(settings.source_url(), users=60, seed=1, until=NOW)
        install(settings)
        yield settings


@pytest.fixture
def worker(settings: Settings) -> Iterator[Connection]:
    with worker_connection(settings) as connection:
        yield connection


def spoil(settings: Settings) -> list[Difference]:
    """Make the mirror wrong behind replication's back."""
    tell(
        settings.analytics_url(),
        "DELETE FROM users WHERE id = 7",
        "UPDATE sessions SET status = 'wrong' WHERE id IN (3, 30)",
        "UPDATE sessions SET mentor_id = NULL WHERE id = 31",
        "INSERT INTO payments (id, amount, created_at) VALUES (-5, 1, now()), (123456, 1, now())",
    )
    return [
        Difference("users", 7, "missing here"),
        Difference("sessions", 3, "differs"),
        Difference("sessions", 30, "differs"),
        Difference("sessions", 31, "differs"),
        Difference("payments", -5, "not there"),
        Difference("payments", 123456, "not there"),
    ]


def test_a_right_mirror_differs_in_nothing(worker: Connection) -> None:
    assert audit_mirror(worker, everything=True, repair=True) == []
    assert audit_mirror(worker, everything=False, repair=True) == []


def test_each_differing_row_is_named_and_only_mended_when_asked(
    settings: Settings, worker: Connection
) -> None:
    spoilt = sorted(spoil(settings))
    for repair in (False, True):
        assert audit_mirror(worker, everything=True, repair=repair) == spoilt
    assert audit_mirror(worker, everything=True, repair=True) == []
    assert is_mirrored(settings)
    assert look_until_proven(settings), "whatever made it wrong may have made more wrong"
    fold(worker, 5)
    assert audit(settings, repair=False).rows == []
    check(settings)
    seen = "SELECT sum(incidents) FROM control.mirror_audit"
    assert ask(worker, seen) == 2 * len(spoilt)


def test_changes_under_way_are_no_differences(settings: Settings, worker: Connection) -> None:
    end = threading.Event()

    def change_on() -> None:
        with connect(settings.source_url()) as source:
            while not end.is_set():
                source.execute("UPDATE payments SET amount = amount + 1 WHERE id % 3 = 0")
                source.execute("UPDATE users SET is_active = NOT is_active WHERE id = 9")
                source.execute("DELETE FROM reviews WHERE id = (SELECT max(id) FROM reviews)")
                source.execute("INSERT INTO reviews (user_id, rating) VALUES (1, 5)")
                time.sleep(0.05)  # what comes faster than it is applied can't be compared

    busy = threading.Thread(target=change_on)
    busy.start()
    try:
        for _ in range(5):
            assert audit_mirror(worker, everything=True, repair=True) == []
    finally:
        end.set()
        busy.join()
    assert is_mirrored(settings)


RANGE = (
    "CREATE OR REPLACE FUNCTION control.rows_of_a_range() RETURNS integer"
    " IMMUTABLE LANGUAGE sql RETURN {}"
)


def test_range_by_range_it_comes_round(settings: Settings, worker: Connection) -> None:
    many = (
        "INSERT INTO users (id, username, email, hashed_password) SELECT n, n, n, ''"
        " FROM generate_series(10001, 12000) AS n"
    )
    tell(settings.source_url(), many)
    tell(settings.analytics_url(), RANGE.format(1000))
    assert is_mirrored(settings)
    audit_mirror(worker, everything=True, repair=False)
    tell(settings.analytics_url(), "DELETE FROM users WHERE id IN (2, 11500)")
    rounds = [audit_mirror(worker, everything=False, repair=True) for _ in range(4)]
    missing = [Difference("users", n, "missing here") for n in (2, 11500)]
    assert rounds == [[missing[0]], [missing[1]], [], []]
    tell(settings.analytics_url(), "DELETE FROM users WHERE id > 10000")
    lost = audit_mirror(worker, everything=True, repair=True)
    assert len(lost) == 2000
    assert is_mirrored(settings)
    tell(settings.source_url(), "DELETE FROM users WHERE id > 10000")
    assert is_mirrored(settings)
    fold(worker, 5)
    assert audit(settings, repair=False).rows == []
    tell(settings.analytics_url(), RANGE.format(20_000))


def test_without_replication_there_is_nothing_to_compare_with(analytics_db: str) -> None:
    with connect(analytics_db, options="-c role=analytics_worker") as worker:
        assert audit_mirror(worker, everything=True, repair=True) == []


def test_a_mentorhub_that_is_away_is_one_sentence(settings: Settings, worker: Connection) -> None:
    with connect(settings.analytics_url()) as ours:
        kept = ask(ours, "SELECT conninfo FROM control.source")
        change = "UPDATE control.source SET conninfo = %s"
        try:
            ours.execute(change, ["host=/nowhere"])
            with pytest.raises(ServerUnavailableError, match="can't be compared now"):
                audit_mirror(worker, everything=True, repair=True)
        finally:
            ours.execute(change, [kept])
    assert audit_mirror(worker, everything=True, repair=True) == []


def test_while_replication_rests_a_difference_is_no_verdict(
    settings: Settings, worker: Connection
) -> None:
    tell(settings.analytics_url(), "ALTER SUBSCRIPTION mentorhub_analytics DISABLE")
    try:
        tell(settings.source_url(), "UPDATE payments SET amount = 5 WHERE id = 1")
        with pytest.raises(ServerUnavailableError, match="can't be compared now"):
            audit_mirror(worker, everything=True, repair=True)
    finally:
        tell(settings.analytics_url(), "ALTER SUBSCRIPTION mentorhub_analytics ENABLE")
    assert is_mirrored(settings)


REFUSALS = {
    "REVOKE ALL ON users FROM reader": "permission denied for table users",
    "ALTER TABLE users RENAME TO gone": 'relation "public.users" does not exist',
    "ALTER TABLE users RENAME username TO gone": 'column "username" does not exist',
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_what_mentorhub_refuses_is_said_in_one_sentence(older: Settings, refusal: str) -> None:
    install(older)
    tell(older.source_url().replace("reader@", "postgres@"), refusal)
    with worker_connection(older) as worker, pytest.raises(ServerUnavailableError) as refused:
        audit_mirror(worker, everything=True, repair=True)
    assert str(refused.value) == (
        f"The mirror can't be compared now: MentorHub's server says \"{REFUSALS[refusal]}\"; "
        "`analytics status` says what to do."
    )


LOST = (
    "UPDATE control.proof SET there = NULL",
    "UPDATE control.proof SET there = 'another users'",
    "UPDATE control.proof SET subscription = 1",
    "UPDATE control.proof SET started = started - interval '1 h'",
)
"""What the guard knows or is about to see: it compares everything then."""


@pytest.mark.parametrize("lost", LOST)
def test_what_is_known_to_be_lost_is_nothing_that_an_audit_finds(
    settings: Settings, worker: Connection, lost: str
) -> None:
    incidents = "SELECT coalesce(sum(incidents), 0) FROM control.mirror_audit"
    before = ask(worker, incidents)
    spoil(settings)
    tell(settings.analytics_url(), lost)
    with pytest.raises(ServerUnavailableError, match="can't be compared now"):
        audit_mirror(worker, everything=True, repair=True)
    assert ask(worker, incidents) == before
    assert look_until_proven(settings)
    assert audit_mirror(worker, everything=True, repair=True) == []
    assert is_mirrored(settings)


@pytest.fixture
def older(tmp_path: Path, postgres: Postgres) -> Iterator[Settings]:
    """An older MentorHub, in a server as old as may be, and a role that may read what it must."""
    if not (POSTGRES_15 / "postgres").exists():
        pytest.skip(f"PostgreSQL 15 is not installed in {POSTGRES_15}")
    with (
        Postgres(tmp_path / "theirs", binaries=POSTGRES_15, settings=QUICK) as server,
        pair(server, postgres) as settings,
    ):
        url = settings.source_url()
        demo.fill(url, users=60, seed=1, until=NOW)
        make_older(url)
        tell(url, publication(), "CREATE ROLE reader LOGIN REPLICATION")
        for table, columns in received(url).items():
            names = ", ".join(f'"{column}"' for column in columns)
            tell(url, f"GRANT SELECT ({names}) ON {table} TO reader")
        yield replace(settings, source_database_url=url.replace("postgres@", "reader@"))


def test_an_older_mentorhub_is_compared_and_mended_too(older: Settings) -> None:
    install(older)
    with worker_connection(older) as worker, connect(older.analytics_url()) as ours:
        assert audit_mirror(worker, everything=True, repair=True) == []
        ours.execute("UPDATE sessions SET status = upper(status), created_at = 7 WHERE id = 3")
        spoilt = [Difference("sessions", 3, "differs")]
        assert audit_mirror(worker, everything=True, repair=True) == spoilt
        assert audit_mirror(worker, everything=True, repair=True) == []
        mirror.unsubscribe(ours)
        ours.execute("DELETE FROM payments WHERE id % 2 = 0")
        ours.execute("UPDATE reviews SET created_at = now()")
        install(older)
        assert audit_mirror(worker, everything=True, repair=False) == []
    assert is_mirrored(older)
