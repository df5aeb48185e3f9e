"""Whatever becomes of analytics, MentorHub goes on, and keeps what is its own."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from ops import demo
from ops.local.embedded import Postgres
from shared.database import connect
from shared.errors import ConfigurationError
from shared.settings import Settings
from tests.support.mentorhub import (
    NOW,
    QUICK,
    apart,
    ask,
    catch_up,
    check,
    is_mirrored,
    pair,
    seen,
    tell,
)
from tests.support.processes import wait_until
from workers import mirror
from workers.fold import worker_connection
from workers.guard import Guard
from workers.install import install
from workers.mentorhub import waits_for_readers
from workers.mirror_audit import audit_mirror

MEGABYTE = 1 << 20

BOUND = 16 * MEGABYTE
"""Of the WAL that MentorHub keeps for us."""

SMALL = {"max_slot_wal_keep_size": "16MB", "min_wal_size": "32MB", "max_wal_size": "64MB"}

KEPT = """
    SELECT coalesce(pg_current_wal_lsn() - restart_lsn, 0)::bigint FROM pg_replication_slots
    WHERE slot_name = 'mentorhub_analytics'
"""


@pytest.fixture
def theirs(tmp_path: Path, postgres: Postgres) -> Iterator[tuple[Postgres, Settings]]:
    """MentorHub in a server of its own, with little room for WAL, installed."""
    with apart(tmp_path, postgres, **SMALL) as (server, settings):
        demo.fill(settings.source_url(), users=60, seed=1, until=NOW)
        install(settings)
        yield server, settings


def write(settings: Settings) -> None:
    """More WAL than is kept for us: four segments, and a checkpoint."""
    for _ in range(4):
        tell(
            settings.source_url(),
            "UPDATE payments SET amount = amount / 2",
            "UPDATE sessions SET duration_minutes = duration_minutes + 1",
            "SELECT pg_switch_wal()",
        )
    tell(settings.source_url(), "DELETE FROM users WHERE id % 9 = 0 AND role = 'STUDENT'")
    tell(settings.source_url(), "CHECKPOINT")


def test_past_the_bound_mentorhub_lets_go_of_wal_and_the_guard_mends_the_mirror(
    theirs: tuple[Postgres, Settings],
) -> None:
    _, settings = theirs
    tell(settings.analytics_url(), "ALTER SUBSCRIPTION mentorhub_analytics DISABLE")
    with connect(settings.source_url()) as source:
        assert wait_until(lambda: ask(source, "SELECT NOT active FROM pg_replication_slots"))
        write(settings)
        assert ask(source, "SELECT wal_status FROM pg_replication_slots") == "lost"
        assert ask(source, KEPT) == 0
        held = "SELECT sum(size)::bigint FROM pg_ls_waldir()"
        assert ask(source, held) <= 64 * MEGABYTE + BOUND
    with Guard(settings) as guard:
        guard.look()
    assert is_mirrored(settings)
    catch_up(settings)
    check(settings)
    with worker_connection(settings) as worker:
        assert audit_mirror(worker, everything=True, repair=False) == []


def test_with_our_server_down_mentorhub_goes_on_and_keeps_a_bounded_part(
    tmp_path: Path, postgres: Postgres
) -> None:
    with (
        Postgres(tmp_path / "ours", settings=QUICK) as ours,
        apart(tmp_path, postgres, **SMALL) as (_, elsewhere),
    ):
        ours.create_database("analytics")
        settings = replace(elsewhere, analytics_database_url=ours.url("analytics"))
        install(settings)
        assert ours.process
        ours.process.kill()
        ours.process.wait()
        with connect(settings.source_url(), options="-c statement_timeout=10s") as source:
            for number in range(1, 6):
                name = f"while you were out {number}"
                source.execute(
                    "INSERT INTO users (id, username, email, hashed_password)"
                    " VALUES (%s, %s, %s, '')",
                    [number, name, name],
                )
                source.execute("SELECT pg_switch_wal()")
            source.execute("CHECKPOINT")
            assert ask(source, KEPT) <= BOUND + 16 * MEGABYTE
        ours.start()
        with Guard(settings) as guard:
            guard.look()
        assert is_mirrored(settings)


def test_a_broken_analytics_costs_mentorhub_no_write(postgres: Postgres) -> None:
    with pair(postgres, postgres) as settings:
        install(settings)
        tell(
            settings.analytics_url(),
            "ALTER TABLE users ADD CONSTRAINT broken CHECK (id < 0) NOT VALID",
        )
        with connect(settings.source_url(), options="-c statement_timeout=2s") as source:
            for number in range(1, 50):
                source.execute(
                    "INSERT INTO users (id, username, email, hashed_password)"
                    " VALUES (%(id)s, %(id)s::text, %(id)s::text, '')",
                    {"id": number},
                )
            assert ask(source, "SELECT count(*) FROM users") == 49
        tell(settings.analytics_url(), "ALTER TABLE users DROP CONSTRAINT broken")
        assert is_mirrored(settings)


STANDBYS = "ALTER SYSTEM SET synchronous_standby_names = '{}'"

READERS = "SELECT string_agg(sync_state, ' ') FROM pg_stat_replication"


def test_no_commit_of_mentorhubs_waits_for_analytics_as_for_a_standby(
    tmp_path: Path, postgres: Postgres
) -> None:
    with apart(tmp_path, postgres) as (_, settings), connect(settings.source_url()) as source:
        any_reader = STANDBYS.format("FIRST 1 (there, *)"), "SELECT pg_reload_conf()"
        tell(settings.source_url(), *any_reader)
        assert wait_until(lambda: waits_for_readers(source))
        with pytest.raises(ConfigurationError, match="in place of"):
            install(settings)
        assert ask(source, KEPT) is None
        tell(settings.source_url(), STANDBYS.format(""), "SELECT pg_reload_conf()")
        assert wait_until(lambda: not waits_for_readers(source))
        install(settings)
        with Guard(settings) as guard:
            assert seen(guard, settings) is None
            tell(settings.source_url(), *any_reader)
            assert wait_until(lambda: ask(source, READERS) == "sync")
            assert "in place of" in (seen(guard, settings) or "")
            assert wait_until(lambda: ask(source, READERS) is None)
            tell(
                settings.source_url(),
                STANDBYS.format("there"),
                "SELECT pg_reload_conf()",
                "SET synchronous_commit = local; DROP PUBLICATION mentorhub_analytics",
            )
            assert wait_until(lambda: not waits_for_readers(source))
            # what it makes there waits for no standby either
            assert wait_until(lambda: seen(guard, settings) is None)
            assert is_mirrored(settings)


CATALOG = """
    SELECT 'relation', oid, relname::text, relacl::text FROM pg_class WHERE relpersistence = 'p'
    UNION ALL SELECT 'column', attrelid, attname, attacl::text FROM pg_attribute
    UNION ALL SELECT 'function', oid, proname, proacl::text FROM pg_proc
    UNION ALL SELECT 'trigger', oid, tgname, NULL FROM pg_trigger
    UNION ALL SELECT 'event trigger', oid, evtname, NULL FROM pg_event_trigger
    UNION ALL SELECT 'schema', oid, nspname, nspacl::text FROM pg_namespace WHERE nspname !~ '^pg_'
    UNION ALL SELECT 'type', oid, typname, NULL FROM pg_type
    UNION ALL SELECT 'constraint', oid, conname, NULL FROM pg_constraint
    UNION ALL SELECT 'extension', oid, extname, NULL FROM pg_extension
    UNION ALL SELECT 'setting', setdatabase, setconfig::text, NULL FROM pg_db_role_setting
        WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    UNION ALL SELECT 'publication', 0, pubname, NULL FROM pg_publication
    UNION ALL SELECT 'slot', 0, slot_name, NULL FROM pg_replication_slots
"""


def lose_subscription(settings: Settings) -> None:
    with connect(settings.analytics_url()) as ours:
        mirror.unsubscribe(ours)


def catalog(settings: Settings) -> set[tuple[str, int, str, str | None]]:
    with connect(settings.source_url()) as source:
        return set(source.execute(CATALOG))


def test_after_mends_and_audits_mentorhub_still_holds_a_publication_and_a_slot_of_ours(
    postgres: Postgres,
) -> None:
    with pair(postgres, postgres) as settings:
        before = catalog(settings)
        install(settings)
        lose_subscription(settings)
        with Guard(settings) as guard, worker_connection(settings) as worker:
            guard.look()
            assert audit_mirror(worker, everything=True, repair=True) == []
        assert {row[::2] for row in catalog(settings) ^ before} == {
            ("publication", "mentorhub_analytics"),
            ("slot", "mentorhub_analytics"),
        }


PERSONAL = "SELECT email FROM users UNION ALL SELECT hashed_password FROM users"


def test_no_email_and_no_password_hash_is_anywhere_in_our_data(postgres: Postgres) -> None:
    with pair(postgres, postgres) as settings:
        demo.fill(settings.source_url(), users=60, seed=1, until=NOW)
        install(settings)
        tell(settings.source_url(), "UPDATE users SET is_active = NOT is_active")
        lose_subscription(settings)
        with Guard(settings) as guard:
            guard.look()
        catch_up(settings)
        with connect(settings.source_url()) as source:
            personal = {value for (value,) in source.execute(PERSONAL) if value}
            assert len(personal) > 60
        ours, theirs = dump(settings.analytics_url()), dump(settings.source_url())
    assert [value for value in personal if value not in theirs] == []
    assert [value for value in personal if value in ours] == []


EVERYTHING = """
    SELECT oid::regclass::text FROM pg_class
    WHERE relkind IN ('r', 'm', 't') AND NOT relisshared
"""


def dump(url: str) -> str:
    """All rows of all tables and materialized views, the system's too, as COPY writes them."""
    parts: list[bytes] = []
    with psycopg.connect(url) as connection:
        for (name,) in connection.execute(EVERYTHING).fetchall():
            query = f"COPY (SELECT * FROM {name}) TO STDOUT".encode()  # noqa: S608
            with connection.cursor().copy(query) as copied:
                parts += [bytes(part) for part in copied]
    return b"".join(parts).decode()
