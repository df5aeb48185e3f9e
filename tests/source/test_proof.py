"""As-of stands from the moment a loss is known or possible, until the mirror is proven equal."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from threading import Event

import pytest

from api.app import create_app
from api.database.reader import Reader
from api.services import services
from ops.local.embedded import Postgres
from ops.refresh import refresh
from ops.servers import database as database_of
from shared.database import connect
from shared.errors import ServerUnavailableError
from shared.settings import Settings
from tests.support.by_hand import put_back
from tests.support.mentorhub import (
    PEOPLE,
    QUICK,
    REVIEWS,
    Installed,
    apart,
    ask,
    is_mirrored,
    look_until_proven,
    tell,
)
from tests.support.processes import wait_until
from tests.support.tokens import bearer, sign
from workers import mentorhub
from workers.definitions import MIRRORED
from workers.fold import fold, worker_connection
from workers.guard import Guard
from workers.install import install
from workers.mirror_audit import audit_mirror


@pytest.fixture(scope="module")
def installed(postgres: Postgres) -> Installed:
    return Installed(postgres, lambda url: tell(url, PEOPLE))


@pytest.fixture
def settings(installed: Installed) -> Iterator[Settings]:
    with installed.pair() as settings:
        yield settings


def as_of(settings: Settings) -> datetime:
    """What answers say, after a fold."""
    with worker_connection(settings) as worker:
        fold(worker, 0.3)
    with connect(settings.analytics_url()) as ours:
        return ask(ours, "SELECT min(as_of) FROM analytics.freshness")


def swap(settings: Settings) -> None:
    tell(
        settings.source_url(),
        "BEGIN; CREATE TABLE others (LIKE reviews INCLUDING ALL); INSERT INTO others TABLE reviews;"
        " ALTER TABLE reviews RENAME TO former; ALTER TABLE others RENAME TO reviews;"
        " ALTER TABLE reviews ALTER id RESTART WITH 10000; COMMIT",
    )


def move_slot(settings: Settings) -> None:
    tell(settings.analytics_url(), "ALTER SUBSCRIPTION mentorhub_analytics DISABLE")
    with connect(settings.source_url()) as source:
        assert wait_until(lambda: ask(source, "SELECT NOT active FROM pg_replication_slots"))
        source.execute(REVIEWS.encode())
        source.execute(
            "SELECT pg_replication_slot_advance('mentorhub_analytics', pg_current_wal_lsn())"
        )
    tell(settings.analytics_url(), "ALTER SUBSCRIPTION mentorhub_analytics ENABLE")


def publish_less_for_a_while(settings: Settings) -> None:
    tell(
        settings.source_url(),
        "ALTER PUBLICATION mentorhub_analytics SET (publish = 'update')",
        REVIEWS,
        "ALTER PUBLICATION mentorhub_analytics SET (publish = 'insert, update, delete, truncate')",
    )


def rename_label(settings: Settings) -> None:
    """Every row with it is another, and replication brings none of them."""
    tell(settings.source_url(), "ALTER TYPE userrole RENAME VALUE 'STUDENT' TO 'LEARNER'")


def empty_the_mirror(settings: Settings) -> None:
    """In a session as imports have it, where usual triggers are silent."""
    tell(
        settings.analytics_url(),
        "SET session_replication_role = 'replica'; TRUNCATE public.reviews",
    )


LOSSES = (swap, move_slot, publish_less_for_a_while, rename_label, empty_the_mirror)


@pytest.mark.parametrize("lose", LOSSES)
def test_after_a_loss_as_of_stands_and_all_say_so_until_it_is_mended(
    settings: Settings, lose: Callable[[Settings], None]
) -> None:
    tell(settings.source_url(), REVIEWS)
    assert look_until_proven(settings)
    as_of(settings)
    lose(settings)
    stood = as_of(settings)
    tell(settings.source_url(), REVIEWS)
    for _ in range(3):
        assert as_of(settings) == stood
    with connect(settings.analytics_url()) as ours:
        assert ask(ours, "SELECT control.replicated_until('1 s')") is None
    assert look_until_proven(settings)
    assert as_of(settings) > stood
    assert is_mirrored(settings)


@pytest.mark.parametrize("contradict", [swap, rename_label])
def test_folds_wait_from_the_moment_that_mentorhub_contradicts_the_proof(
    settings: Settings, contradict: Callable[[Settings], None]
) -> None:
    """Also before the guard has taken the proof back, which nobody here does."""
    assert look_until_proven(settings)
    as_of(settings)
    contradict(settings)
    tell(settings.source_url(), "UPDATE users SET is_verified = NOT is_verified WHERE id < 4")
    with connect(settings.analytics_url()) as ours, worker_connection(settings) as worker:
        captured = "SELECT count(*) FROM capture.users"
        assert wait_until(lambda: ask(ours, captured) == 6)
        answers = "SELECT array_agg(freshness ORDER BY family) FROM analytics.freshness"
        before = ask(ours, answers)
        assert fold(worker, 0.3) == 0
        assert (ask(ours, captured), ask(ours, answers)) == (6, before)
        assert look_until_proven(settings)
        fold(worker, 5)
        assert ask(ours, captured) == 0
        assert ask(ours, "SELECT verified_users FROM analytics.platform_total") == 3


def test_init_compares_a_mirror_that_may_have_holes(settings: Settings) -> None:
    tell(settings.analytics_url(), "ALTER SUBSCRIPTION mentorhub_analytics DISABLE")
    swap(settings)
    tell(settings.source_url(), REVIEWS, mentorhub.publication())
    install(settings)
    assert is_mirrored(settings)
    folded, told = refresh(settings)
    assert (folded, told is None) == (0, False)


@pytest.fixture
def ours_apart(tmp_path: Path, postgres: Postgres) -> Iterator[tuple[Postgres, Settings]]:
    """Our database in a server that may be put back; MentorHub in another."""
    with (
        Postgres(tmp_path / "ours", settings=QUICK) as server,
        apart(tmp_path, postgres) as (_, elsewhere),
    ):
        server.create_database("analytics")
        settings = replace(elsewhere, analytics_database_url=server.url("analytics"))
        tell(settings.source_url(), PEOPLE)
        install(settings)
        yield server, settings


def test_after_our_server_was_put_back_nothing_is_claimed_and_nobody_is_an_admin_until_compared(
    tmp_path: Path, ours_apart: tuple[Postgres, Settings]
) -> None:
    server, settings = ours_apart
    before = as_of(settings)
    server.stop()
    shutil.copytree(tmp_path / "ours", tmp_path / "copy", symlinks=True)
    server.start()
    settings = replace(settings, analytics_database_url=server.url("analytics"))
    assert look_until_proven(settings)
    tell(
        settings.source_url(),
        "UPDATE users SET role = 'STUDENT' WHERE username = '1'",
        "UPDATE users SET role = 'ADMIN' WHERE username = '2'",
        REVIEWS,
    )
    assert is_mirrored(settings)
    with connect(settings.source_url()) as source:
        told = ask(source, "SELECT pg_current_wal_lsn()")
        confirmed = "SELECT confirmed_flush_lsn >= %s FROM pg_replication_slots"
        assert wait_until(lambda: ask(source, confirmed, told)), "or it would be sent again"
    server.stop()
    put_back(tmp_path / "copy", tmp_path / "ours")
    server.start()
    settings = replace(settings, analytics_database_url=server.url("analytics"))

    assert as_of(settings) <= as_of(settings)
    stood = as_of(settings)
    assert stood >= before
    assert statuses(settings) == {1: HTTPStatus.SERVICE_UNAVAILABLE, 2: HTTPStatus.FORBIDDEN}
    assert ready(settings) == HTTPStatus.SERVICE_UNAVAILABLE
    assert look_until_proven(settings)
    assert statuses(settings) == {1: HTTPStatus.FORBIDDEN, 2: HTTPStatus.OK}
    assert as_of(settings) > stood
    assert is_mirrored(settings)


def statuses(settings: Settings) -> dict[int, int]:
    """What the first two users get of the platform's numbers."""
    return {user: _get(settings, "/api/v1/analytics/platform", user) for user in (1, 2)}


def ready(settings: Settings) -> int:
    return _get(settings, "/readyz", 1)


def _get(settings: Settings, address: str, user: int) -> int:
    app = create_app(settings)
    try:
        return app.test_client().get(address, headers=bearer(sign(user))).status_code
    finally:
        services(app)[Reader].close()


def test_what_was_published_while_a_clock_was_ahead_is_taken_back(settings: Settings) -> None:
    with connect(settings.analytics_url()) as ours:
        ours.execute("UPDATE analytics.freshness SET as_of = as_of + interval '1 h'")
        ours.execute(
            "UPDATE control.question SET asked_at = now() + interval '1 h',"
            " clock = now() + interval '1 h', upto = NULL, confirmed = now() + interval '1 h'"
        )
        with worker_connection(settings) as worker:

            def is_right() -> bool:
                fold(worker)
                return ask(ours, "SELECT max(as_of) < clock_timestamp() FROM analytics.freshness")

            assert wait_until(is_right)


def test_a_subscription_that_the_server_does_not_start_is_made_again(settings: Settings) -> None:
    with Guard(settings) as guard, database_of(settings) as ours:
        guard.look()
        # what a launcher does that waits until a clock is as late as before: nothing
        tell(
            settings.analytics_url(),
            "ALTER SUBSCRIPTION mentorhub_analytics CONNECTION 'host=/nowhere'",
        )
        assert wait_until(lambda: (guard.look(), ask(ours, AT_WORK))[1] is True)
    tell(settings.source_url(), REVIEWS)
    assert look_until_proven(settings)
    assert is_mirrored(settings)


AT_WORK = """
    SELECT bool_or(latest_end_lsn IS NOT NULL) FROM pg_stat_subscription
    WHERE subname = 'mentorhub_analytics' AND subid IN (
        SELECT oid FROM pg_subscription
        WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
"""


def test_a_table_whose_updates_the_publication_makes_fail_is_named_with_what_mends_it(
    settings: Settings,
) -> None:
    tell(settings.source_url(), "ALTER TABLE reviews DROP CONSTRAINT reviews_pkey CASCADE")
    with Guard(settings) as guard, connect(settings.analytics_url()) as ours:
        guard.look()
        sentence = ask(ours, "SELECT sentence FROM control.health")
    assert sentence
    assert "ALTER TABLE public.reviews ADD PRIMARY KEY (id)" in sentence


MIGRATION = (
    "ALTER TABLE reviews ADD COLUMN mood text",
    "ALTER TABLE reviews RENAME COLUMN mood TO feeling",
    "ALTER TABLE reviews ALTER feeling TYPE varchar(9)",
    "ALTER TABLE reviews DROP COLUMN feeling",
    "TRUNCATE reviews",
    "ALTER TYPE userrole ADD VALUE IF NOT EXISTS 'GUEST'",
)


def test_a_migration_beside_all_that_we_do_waits_for_no_lock_longer_than_a_second(
    settings: Settings,
) -> None:
    done = Event()

    def compare_on() -> None:
        with Guard(settings) as guard:
            while not done.is_set():
                guard.look()
                with worker_connection(settings) as worker, suppress(ServerUnavailableError):
                    audit_mirror(worker, everything=True, repair=False)

    with ThreadPoolExecutor(1) as ours, connect(settings.source_url()) as source:
        comparing = ours.submit(compare_on)
        try:
            # whoever waits longer is refused
            source.execute("SET lock_timeout = '1s'")
            for _ in range(5):
                source.execute(REVIEWS.encode())
                for statement in MIGRATION:
                    source.execute(statement.encode())
        finally:
            done.set()
            comparing.result()
    assert look_until_proven(settings)
    assert is_mirrored(settings)


def test_only_what_is_mirrored_has_to_be_proven(settings: Settings) -> None:
    with connect(settings.analytics_url()) as ours:
        proven = {name for (name,) in ours.execute("SELECT mirrored FROM control.proof")}
    assert proven == {*MIRRORED}
