"""MentorHub's migrations beside a running guard: nobody waits, and the mirror follows."""

import os
import warnings
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

import pytest
from hypothesis import HealthCheck, Phase, given, note
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from psycopg.errors import DeadlockDetected

from ops.local.embedded import Postgres
from shared.database import connect
from shared.settings import Settings
from tests.support.by_hand import run_by_hand
from tests.support.installations import OTHER_BINARIES
from tests.support.mentorhub import (
    HELD,
    PEOPLE,
    QUICK,
    REVIEWS,
    Installed,
    ask,
    is_mirrored,
    look_until_proven,
    pair,
    tell,
)
from tests.support.migrations import ROWS, STEPS, Hub, Step
from tests.support.processes import wait_until
from tests.support.witnesses import Witnesses
from workers.audit import audit
from workers.fold import worker_connection
from workers.guard import Guard
from workers.install import install
from workers.mirror_audit import audit_mirror


@pytest.fixture(scope="module")
def installed(postgres: Postgres) -> Installed:
    return Installed(postgres, lambda url: tell(url, PEOPLE, REVIEWS))


@pytest.fixture
def settings(installed: Installed) -> Iterator[Settings]:
    with installed.pair() as settings:
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
            looking.result()


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
                )
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
            assert wait_until(lambda: ask(onlooker, waits, reader.info.backend_pid))
            reader.execute("LOCK TABLE public.users IN ACCESS SHARE MODE")
        installing.result()
    assert is_mirrored(settings)


DRAWN = int(os.environ.get("MIGRATIONS", "3"))
"""So many sequences of migrations; a few in everyday tests."""

QUIET = QUICK | {"autovacuum": "off"}
"""Nobody but us is in MentorHub's way."""


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[bool, Postgres]]:
    """MentorHub's servers, by whether it is the other version; where there is none, the same."""
    folder = tmp_path_factory.mktemp("theirs")
    with Postgres(folder / "data", settings=QUIET) as server:
        tell(server.url(), "CREATE ROLE somebody")
        if not OTHER_BINARIES.is_dir():
            warnings.warn(pytest.PytestWarning(f"{OTHER_BINARIES} is not there."), stacklevel=1)
            yield {False: server, True: server}
            return
        with Postgres(folder / "other", binaries=OTHER_BINARIES, settings=QUIET) as other:
            tell(other.url(), "CREATE ROLE somebody")
            yield {False: server, True: other}


@pytest.mark.filterwarnings(f"default:{OTHER_BINARIES}")
@pytest.mark.timeout(0 if "MIGRATIONS" in os.environ else 600)
@hypothesis_settings(
    max_examples=DRAWN,
    database=None,
    suppress_health_check=list(HealthCheck),
    # to shrink would take hundreds of them
    phases=(Phase.explicit, Phase.generate),
)
@given(steps=st.lists(STEPS, min_size=6, max_size=12), other=st.booleans())
def test_whatever_migrates_nobody_waits_and_as_of_is_true_and_all_becomes_right(
    theirs: dict[bool, Postgres], postgres: Postgres, steps: list[Step], *, other: bool
) -> None:
    note(repr(steps))
    play(theirs[other], postgres, steps)


def play(theirs: Postgres, ours: Postgres, steps: list[Step]) -> None:
    with pair(theirs, ours) as given, TemporaryDirectory() as folder:
        superuser = given.source_url()
        settings = replace(
            given,
            source_database_url=superuser.replace("postgres@", "mentorhub_analytics@"),
            mapping=Path(folder),
        )
        with Hub(superuser, Path(folder)) as hub:
            assert hub.run(hub.base())
            for table in ROWS:
                hub.does(Step("inserts", table, 8))
            run_by_hand(superuser)
            tell(superuser, "ALTER ROLE mentorhub_analytics REPLICATION NOBYPASSRLS")
            install(settings)
            with Witnesses(hub, superuser, settings) as all_of_us:
                for step in (*steps, None):
                    if step:
                        hub.does(step)
                    # until the next question nobody knows that rows have another label
                    if step is None or step.is_patient or step.kind == "renames_a_label":
                        assert all_of_us.settle(), all_of_us.obeyed
                        untrue = all_of_us.untrue()
                        assert not untrue, untrue[:3]
                assert not all_of_us.held, all_of_us.held
            with worker_connection(settings) as worker:
                assert audit_mirror(worker, everything=True, repair=False) == []
            assert audit(settings, repair=False) == (0, [])
