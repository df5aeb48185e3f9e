"""What a finished installation keeps to; the tests share one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from ops import demo
from ops.local.embedded import Postgres
from shared.database import Connection, connect
from shared.settings import Settings
from tests.support.mentorhub import NOW, ask, is_mirrored, pair, rows, tell
from tests.support.processes import wait_until
from workers.audit import audit
from workers.fold import fold, worker_connection
from workers.install import install
from workers.mirrored import published


@pytest.fixture(scope="module")
def settings(postgres: Postgres) -> Iterator[Settings]:
    """A MentorHub with demo data, before we come."""
    with pair(postgres, postgres) as settings:
        demo.fill(settings.source_url(), users=100, seed=1, until=NOW)
        yield settings


@pytest.fixture(scope="module")
def before(settings: Settings) -> set[tuple[str, str]]:
    return objects(settings.source_url())


@pytest.fixture(scope="module")
def installed(settings: Settings, before: set[tuple[str, str]]) -> Settings:
    assert before
    install(settings)
    return settings


def test_init_again_is_not_disturbed_by_a_fold_that_asks_at_the_same_moment(
    installed: Settings,
) -> None:
    with (
        ThreadPoolExecutor(1) as pool,
        connect(installed.analytics_url()) as asking,
        connect(installed.analytics_url()) as onlooker,
    ):
        with asking.transaction():
            asking.execute("UPDATE control.question SET asked_at = clock_timestamp()")
            installing = pool.submit(install, installed)
            waits = "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))"
            assert wait_until(lambda: ask(onlooker, waits, asking.info.backend_pid))
        installing.result()
    assert is_mirrored(installed)


def objects(url: str) -> set[tuple[str, str]]:
    """All that the database holds besides rows."""
    with connect(url) as connection:
        return set(connection.execute(OBJECTS))


OBJECTS = """
    SELECT 'relation', relname FROM pg_class WHERE relpersistence = 'p'
    UNION SELECT 'function', proname FROM pg_proc
    UNION SELECT 'trigger', tgname FROM pg_trigger
    UNION SELECT 'event trigger', evtname FROM pg_event_trigger
    UNION SELECT 'schema', nspname FROM pg_namespace WHERE nspname !~ '^pg_'
    UNION SELECT 'type', typname FROM pg_type
    UNION SELECT 'constraint', conname FROM pg_constraint
    UNION SELECT 'extension', extname FROM pg_extension
    UNION SELECT 'publication', pubname FROM pg_publication
    UNION SELECT 'slot', slot_name FROM pg_replication_slots
"""


def test_only_the_published_columns_arrive(installed: Settings) -> None:
    private = {
        value
        for table, entries in rows(installed.source_url()).items()
        for row in entries
        for column, value in row.items()
        if column not in published()[table] and isinstance(value, str)
    }
    with connect(installed.analytics_url()) as connection:
        relations = ask(
            connection,
            "SELECT array_agg(oid::regclass::text) FROM pg_class WHERE relkind IN ('r', 'm', 'v')"
            " AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')",
        )
        everything = "".join(text_of(connection, relation) for relation in relations)
    for needle in ("@example", "$2b$12$", "pi_", "https://meet."):
        assert any(needle in value for value in private)
    assert "Статистика: продвинутый курс" in everything
    assert [value for value in private if value in everything] == []


def text_of(connection: Connection, relation: str) -> str:
    query = f"SELECT coalesce(string_agg(t::text, chr(10)), '') FROM {relation} AS t"  # noqa: S608
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else ""


def test_mentorhub_is_given_nothing_but_a_publication_and_a_slot(
    installed: Settings, before: set[tuple[str, str]]
) -> None:
    assert objects(installed.source_url()) ^ before == {
        ("publication", "mentorhub_analytics"),
        ("slot", "mentorhub_analytics"),
    }


def test_a_commit_that_did_not_wait_for_its_flush_is_waited_for(installed: Settings) -> None:
    for _ in range(5):
        tell(
            installed.source_url(),
            "SET synchronous_commit = off",
            "UPDATE sessions SET duration_minutes = duration_minutes + 1 WHERE id < 9",
        )
        assert is_mirrored(installed)


def test_a_second_init_changes_nothing_but_the_moment_of_the_answers(installed: Settings) -> None:
    assert is_mirrored(installed)
    with worker_connection(installed) as connection:
        fold(connection)
    before, moments = state(installed), as_of(installed)
    install(installed)
    assert state(installed) == before
    assert all(moments[family] <= moment for family, moment in as_of(installed).items())


def test_a_second_init_counts_what_has_come_since(installed: Settings) -> None:
    before = minutes(installed)
    tell(
        installed.source_url(),
        "UPDATE sessions SET duration_minutes = duration_minutes + 1 WHERE id < 9",
    )
    assert is_mirrored(installed)
    install(installed)
    assert minutes(installed) == before + 8
    assert audit(installed, repair=False) == (0, [])


def minutes(installed: Settings) -> int:
    with connect(installed.analytics_url()) as connection:
        return ask(connection, "SELECT sum(minutes)::bigint FROM analytics.session_day")


def as_of(installed: Settings) -> dict[str, datetime]:
    with connect(installed.analytics_url()) as connection:
        return dict(connection.execute("SELECT family, as_of FROM analytics.freshness"))


def state(installed: Settings) -> list[Any]:
    """Which objects and rows there are, and whether they are still the same ones."""
    with connect(installed.analytics_url()) as connection:
        return connection.execute("""
            SELECT 'relation', oid::bigint, relname::text FROM pg_class
            UNION SELECT 'subscription', oid::bigint, subname FROM pg_subscription
            UNION SELECT family, version, changed_at::text FROM analytics.freshness
            UNION SELECT 'user', id, xmin::text FROM public.users
            ORDER BY 1, 2
        """).fetchall()
