"""MentorHub's migrations beside a running guard: nobody waits, and the mirror follows."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Event

import pytest
from psycopg.errors import DeadlockDetected

from ops.embedded import Postgres
from shared.database import connect
from shared.settings import Settings
from tests.mentorhub import HELD, ask, is_mirrored, look_until_proven, pair, tell
from tests.processes import wait_until
from tests.test_proof import PEOPLE, REVIEWS
from workers.guard import Guard
from workers.install import install


@pytest.fixture
def settings(postgres: Postgres) -> Iterator[Settings]:
    with pair(postgres, postgres) as settings:
        tell(settings.source_url(), PEOPLE, REVIEWS)
        install(settings)
        yield settings


@contextmanager
def guarded(settings: Settings) -> Generator[None]:
    """A guard looks all the while."""
    done = Event()

    def look_on() -> None:
        with Guard(settings) as guard:
            while not done.wait(0.1):
                guard.look()

    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(look_on)
        try:
            yield
        finally:
            done.set()
            looking.result(60)


def test_a_column_that_was_nullable_for_a_while_is_made_not_null_at_once(
    settings: Settings,
) -> None:
    with guarded(settings), connect(settings.source_url()) as source:
        source.execute("SET lock_timeout = '1s'")
        source.execute("ALTER TABLE users ALTER is_verified DROP NOT NULL")
        source.execute(
            "INSERT INTO users (username, email, hashed_password, role, is_verified)"
            " VALUES ('null', 'null', '', 'STUDENT', NULL)"
        )
        assert is_mirrored(settings)
        source.execute("UPDATE users SET is_verified = false WHERE username = 'null'")
        source.execute("ALTER TABLE users ALTER is_verified SET NOT NULL")
        assert wait_until(lambda: ask(source, HELD) == 0)
    assert is_mirrored(settings)


REPLACED = {
    "partitioned": (
        "BEGIN; CREATE TABLE others (LIKE reviews INCLUDING DEFAULTS INCLUDING INDEXES)"
        " PARTITION BY HASH (id);"
        " CREATE TABLE part_0 PARTITION OF others FOR VALUES WITH (MODULUS 2, REMAINDER 0);"
        " CREATE TABLE part_1 PARTITION OF others FOR VALUES WITH (MODULUS 2, REMAINDER 1);"
        " INSERT INTO others TABLE reviews; ALTER TABLE reviews RENAME TO former;"
        " ALTER TABLE others RENAME TO reviews; COMMIT"
    ),
    "dropped and made anew": (
        "BEGIN; CREATE TABLE others (LIKE reviews INCLUDING DEFAULTS INCLUDING INDEXES);"
        " INSERT INTO others SELECT * FROM reviews WHERE id % 2 = 0;"
        " DROP TABLE reviews CASCADE; ALTER TABLE others RENAME TO reviews; COMMIT"
    ),
}


@pytest.mark.parametrize("replaced", REPLACED)
def test_a_table_that_was_replaced_is_followed_by_a_running_guard(
    settings: Settings, replaced: str
) -> None:
    with guarded(settings):
        tell(settings.source_url(), REPLACED[replaced])
        tell(settings.source_url(), "UPDATE reviews SET rating = 1 WHERE id % 3 = 0")
        with connect(settings.source_url()) as source:
            assert wait_until(
                lambda: ask(
                    source,
                    "SELECT count(*) FROM pg_publication_tables"
                    " WHERE pubname = 'mentorhub_analytics' AND tablename = 'reviews'",
                ),
                30,
            )
    assert look_until_proven(settings)
    tell(settings.source_url(), "DELETE FROM reviews WHERE id % 5 = 0")
    assert is_mirrored(settings)


def test_a_mirror_is_made_anew_beside_whoever_reads_it_in_another_order(
    settings: Settings,
) -> None:
    tell(
        settings.source_url(),
        "DROP PUBLICATION mentorhub_analytics",
        "ALTER TABLE reviews ALTER rating TYPE numeric",
    )
    with (
        ThreadPoolExecutor(1) as pool,
        connect(settings.analytics_url(), options="-c deadlock_timeout=10s") as reader,
        connect(settings.analytics_url()) as onlooker,
    ):
        with suppress(DeadlockDetected), reader.transaction():
            reader.execute("LOCK TABLE control.question IN ACCESS SHARE MODE")
            installing = pool.submit(install, settings)
            waits = "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))"
            assert wait_until(lambda: ask(onlooker, waits, reader.info.backend_pid), 30)
            reader.execute("LOCK TABLE public.users IN ACCESS SHARE MODE")
        installing.result(60)
    assert is_mirrored(settings)
