"""What goes wrong with replication, and needs no human, is mended by the guard."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ops.local.embedded import Postgres
from shared.database import connect
from shared.errors import ConfigurationError
from shared.settings import Settings
from tests.support.by_hand import put_back, run_by_hand
from tests.support.mentorhub import (
    SUBSCRIPTION,
    Installed,
    apart,
    ask,
    is_mirrored,
    look_until_proven,
    seen,
    tell,
)
from tests.support.processes import wait_until
from workers import guard as module
from workers import mirror
from workers.guard import IDLE_LOOKS, Guard
from workers.install import install

NEWCOMER = "INSERT INTO users (username, email, hashed_password) SELECT {0}, {0}, ''"

NEWCOMERS = NEWCOMER.format("n::text") + " FROM generate_series(1, 9) AS n"

WELL = "SELECT sentence IS NULL FROM control.health, pg_subscription WHERE looked_at IS NOT NULL"

COUNT = "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'mentorhub_analytics'"


@pytest.fixture(scope="module")
def installed(postgres: Postgres) -> Installed:
    return Installed(postgres, lambda url: tell(url, NEWCOMERS))


@pytest.fixture
def settings(installed: Installed) -> Iterator[Settings]:
    """Installed, with a few rows; one server, two databases."""
    with installed.pair() as settings:
        yield settings


@pytest.fixture
def guard(settings: Settings) -> Iterator[Guard]:
    """That looked once, and saw nothing."""
    with Guard(settings) as guard:
        assert seen(guard, settings) is None
        yield guard


def at_rest(settings: Settings) -> None:
    tell(settings.analytics_url(), "ALTER SUBSCRIPTION mentorhub_analytics DISABLE")
    with connect(settings.source_url()) as connection:
        assert wait_until(lambda: ask(connection, "SELECT NOT active FROM pg_replication_slots"))


def lose_slot(settings: Settings) -> None:
    at_rest(settings)
    tell(settings.source_url(), "SELECT pg_drop_replication_slot('mentorhub_analytics')")


def lose_subscription(settings: Settings) -> None:
    with connect(settings.analytics_url()) as ours:
        mirror.unsubscribe(ours)


def lose_publication(settings: Settings) -> None:
    at_rest(settings)
    tell(settings.source_url(), "DROP PUBLICATION mentorhub_analytics")


def fail_over(settings: Settings) -> None:
    tell(settings.analytics_url(), "UPDATE control.source SET timeline = '00000007'")


def restore(settings: Settings) -> None:
    tell(settings.analytics_url(), "UPDATE control.source SET reached = 'FFFF/0'")


LOSSES = {
    lose_slot: "MentorHub keeps no changes for us any more",
    lose_subscription: "The subscription is gone",
    lose_publication: "MentorHub keeps no changes for us any more",
    fail_over: "has another history",
    restore: "was restored from before",
}


@pytest.mark.parametrize("lose", LOSSES)
def test_a_loss_is_named_once_and_mended(
    settings: Settings, guard: Guard, lose: Callable[[Settings], None]
) -> None:
    lose(settings)
    tell(settings.source_url(), "DELETE FROM users WHERE id = 3", NEWCOMER.format("'late'"))
    with capture_logs() as logs:
        assert seen(guard, settings) is None
        assert seen(guard, settings) is None
    events = [entry["event"] for entry in logs]
    assert LOSSES[lose] in events[0]
    assert all(event.endswith("The mirror is compared with MentorHub.") for event in events[:-2])
    assert events[-2] == "Analytics: the mirror is proven"
    assert events[-1] == "Analytics: replication is well again"
    assert is_mirrored(settings)


ALTERED = (
    "SET (slot_name = NONE)",
    "SET PUBLICATION others WITH (refresh = false)",
    "SET (binary = true)",
    "SET (origin = none)",
)


def test_a_subscription_that_somebody_altered_is_made_anew(
    settings: Settings, guard: Guard
) -> None:
    with connect(settings.analytics_url()) as ours:
        known = ALTERED if ours.info.server_version >= 160000 else ALTERED[:-1]
    for altered in known:
        at_rest(settings)
        tell(
            settings.analytics_url(),
            f"ALTER SUBSCRIPTION mentorhub_analytics {altered}",
            *([] if "NONE" in altered else ["ALTER SUBSCRIPTION mentorhub_analytics ENABLE"]),
        )
        with capture_logs() as logs:
            assert seen(guard, settings) is None
        assert "The subscription was altered" in logs[0]["event"]
        assert is_mirrored(settings)


def test_a_disabled_subscription_is_enabled_and_nothing_is_copied(
    settings: Settings, guard: Guard
) -> None:
    at_rest(settings)
    tell(settings.source_url(), NEWCOMER.format("'late'"))
    with capture_logs() as logs:
        assert seen(guard, settings) is None
    assert [entry["event"] for entry in logs] == [
        "Analytics: the subscription was disabled, and is enabled again"
    ]
    assert is_mirrored(settings)


def test_a_change_that_cannot_be_applied_is_named_until_it_can(
    settings: Settings, guard: Guard
) -> None:
    refuse = "ALTER TABLE users ADD CONSTRAINT refuse CHECK (username <> 'late')"
    tell(settings.analytics_url(), refuse)
    tell(settings.source_url(), NEWCOMER.format("'late'"))
    assert wait_until(lambda: "violates check constraint" in (seen(guard, settings) or ""))
    tell(settings.analytics_url(), "ALTER TABLE users DROP CONSTRAINT refuse")
    assert wait_until(lambda: seen(guard, settings) is None)
    assert is_mirrored(settings)


def test_what_is_received_again_and_again_is_no_progress(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a change can't be applied: PostgreSQL begins to receive anew after each error."""
    received = cycle([(False, 0), (False, 700)])
    monkeypatch.setattr(mirror, "_arrived", lambda *_: next(received))
    monkeypatch.setattr(mirror, "PATIENCE", 1)
    with (
        connect(settings.analytics_url()) as ours,
        connect(settings.source_url()) as source,
        pytest.raises(ConfigurationError, match="Replication has not moved for 1 s"),
    ):
        mirror.wait_until_caught_up(ours, source)


def test_a_row_that_somebody_wrote_into_the_mirror_is_noticed_and_makes_way(
    settings: Settings, guard: Guard
) -> None:
    tell(settings.analytics_url(), "INSERT INTO users VALUES (10, 'wrong', '', true, true, now())")
    with connect(settings.analytics_url()) as ours:
        assert ask(ours, "SELECT control.replicated_until('0.1 s')") is None, "nothing is claimed"
    with connect(settings.source_url()) as source, source.transaction():
        # not committed yet: what is refused here ends who reads the slot, and nobody can prove
        source.execute(NEWCOMER.format("'late'").encode())
        with capture_logs() as logs:
            assert seen(guard, settings) is None
    assert "somebody wrote into the mirror" in logs[0]["event"]
    assert is_mirrored(settings)


def test_what_needs_a_human_is_written_down_said_once_and_asked_less_and_less_often(
    settings: Settings, guard: Guard
) -> None:
    lose_publication(settings)
    tell(settings.source_url(), "ALTER TABLE reviews ALTER rating TYPE numeric")
    with capture_logs() as logs:
        sentences = {seen(guard, settings) for _ in range(3)}
    (sentence,) = sentences
    assert sentence
    assert sentence.endswith("run `analytics init`.")
    assert pauses(guard) == [10.0, 10.0]
    assert len(logs) == 2, "the finding, and why it can't be mended"
    install(settings)
    assert seen(guard, settings) is None
    assert pauses(guard)[0] == 2.0


RENAMES = {
    "ALTER TABLE reviews RENAME TO gone": "MentorHub's database has no table public.reviews",
    "ALTER TABLE reviews RENAME rating TO gone": "MentorHub's table reviews has no column rating",
    "ALTER TABLE reviews DROP rating CASCADE": "MentorHub's table reviews has no column rating",
}


@pytest.mark.parametrize("rename", RENAMES)
def test_a_table_or_column_that_has_another_name_is_named_with_what_to_write_where(
    settings: Settings, guard: Guard, rename: str
) -> None:
    tell(settings.source_url(), rename)
    sentence = seen(guard, settings)
    assert sentence
    assert RENAMES[rename] in sentence
    assert "below [reviews] in the file names.toml" in sentence


def pauses(guard: Guard) -> list[float]:
    """Seconds until the next look, now and after many failures."""
    now = guard.pause()
    return [now, min(now * 2**20, module.LONGEST_PAUSE)]


def test_a_slot_that_nobody_reads_is_named(settings: Settings, guard: Guard) -> None:
    nowhere = "ALTER SUBSCRIPTION mentorhub_analytics CONNECTION 'host=/nowhere'"
    tell(settings.analytics_url(), nowhere)
    with connect(settings.source_url()) as source:
        assert wait_until(lambda: ask(source, "SELECT NOT active FROM pg_replication_slots"))
    sentences = [seen(guard, settings) for _ in range(IDLE_LOOKS)]
    assert sentences[:-1] == [None] * (IDLE_LOOKS - 1)
    assert sentences[-1]
    assert "Nobody reads MentorHub's changes" in sentences[-1]
    install(settings)
    assert wait_until(lambda: seen(guard, settings) is None)


def test_only_one_guard_is_on_duty(settings: Settings, guard: Guard) -> None:
    lose_slot(settings)
    with Guard(settings) as second:
        second.look()
    with connect(settings.source_url()) as source:
        assert ask(source, COUNT) == 0
        guard.look()
        assert ask(source, COUNT) == 1


def test_while_init_is_at_work_the_guard_is_not(settings: Settings, guard: Guard) -> None:
    lose_slot(settings)
    with connect(settings.analytics_url()) as ours, connect(settings.source_url()) as source:
        mirror.hold_replication(ours)
        guard.look()
        assert ask(source, COUNT) == 0
        mirror.release_replication(ours)
        guard.look()
        assert ask(source, COUNT) == 1


def test_before_the_installation_it_waits(settings: Settings) -> None:
    tell(settings.analytics_url(), "DROP SCHEMA control CASCADE")
    with Guard(settings) as guard:
        guard.look()
    with connect(settings.source_url()) as source:
        assert ask(source, COUNT) == 1


@pytest.fixture
def theirs(tmp_path: Path, postgres: Postgres) -> Iterator[tuple[Postgres, Settings, Guard]]:
    """MentorHub in a server that the test may end, guarded."""
    with apart(tmp_path, postgres) as (server, settings), Guard(settings) as guard:
        install(settings)
        assert seen(guard, settings) is None
        yield server, settings, guard


def test_a_mentorhub_that_is_away_is_named_until_it_is_back(
    theirs: tuple[Postgres, Settings, Guard],
) -> None:
    server, settings, guard = theirs
    assert server.process
    server.process.kill()
    server.process.wait()
    for _ in range(2):
        sentence = seen(guard, settings)
    assert sentence
    assert sentence.startswith("MentorHub's server does not answer. Can't connect to PostgreSQL")
    server.start()
    tell(settings.source_url(), NEWCOMER.format("'late'"))
    assert seen(guard, settings) is None
    assert is_mirrored(settings)


def test_another_role_in_the_address_is_followed_by_the_guard(
    tmp_path: Path, postgres: Postgres
) -> None:
    with apart(tmp_path, postgres) as (server, settings):
        run_by_hand(settings.source_url())
        old, new = (
            replace(settings, source_database_url=server.url("mentorhub", role))
            for role in ("old", "new")
        )
        for role in ("old", "new"):
            tell(
                settings.source_url(),
                f"CREATE ROLE {role} LOGIN REPLICATION IN ROLE mentorhub_analytics",
            )
        install(old)
        # neither sees when the other's sessions began, which a proof depends on
        assert look_until_proven(new)
        tell(
            settings.source_url(),
            "ALTER ROLE old NOLOGIN",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'old'",
            NEWCOMER.format("'late'"),
        )
        assert look_until_proven(new)
        assert is_mirrored(settings)


def test_a_standby_of_mentorhubs_is_named_and_nothing_is_touched_until_it_is_promoted(
    theirs: tuple[Postgres, Settings, Guard], tmp_path: Path
) -> None:
    server, settings, guard = theirs
    at_rest(settings)
    # as no slot is on a standby
    tell(settings.source_url(), "SELECT pg_drop_replication_slot('mentorhub_analytics')")
    signal_file = tmp_path / "theirs" / "standby.signal"
    signal_file.touch()
    server.start()
    with connect(settings.analytics_url()) as ours:
        before = ask(ours, SUBSCRIPTION)
        assert "is a standby" in (seen(guard, settings) or "")
        assert ask(ours, SUBSCRIPTION) == before
    with pytest.raises(ConfigurationError, match="target_session_attrs=primary"):
        install(settings)
    tell(settings.source_url(), "SELECT pg_promote()")
    tell(settings.source_url(), NEWCOMER.format("'late'"))
    assert wait_until(lambda: seen(guard, settings) is None)
    assert is_mirrored(settings)


def test_a_mentorhub_restored_from_a_backup_is_followed_back(
    theirs: tuple[Postgres, Settings, Guard], tmp_path: Path
) -> None:
    server, settings, guard = theirs
    tell(settings.source_url(), NEWCOMER.format("'kept'"), "CHECKPOINT")
    assert is_mirrored(settings)
    assert server.process
    server.process.kill()
    server.process.wait()
    shutil.copytree(tmp_path / "theirs", tmp_path / "backup")
    server.start()
    tell(settings.source_url(), NEWCOMER.format("'lost'"), "DELETE FROM users WHERE id = 1")
    assert is_mirrored(settings)
    assert seen(guard, settings) is None

    server.process.kill()
    server.process.wait()
    put_back(tmp_path / "backup", tmp_path / "theirs")
    server.start()
    assert seen(guard, settings) is None
    tell(settings.source_url(), NEWCOMER.format("'new'"))
    assert is_mirrored(settings)
    with connect(settings.analytics_url()) as ours:
        names = "SELECT string_agg(username, ' ' ORDER BY username) FROM users"
        assert ask(ours, names) == "kept new"


def test_the_command_mends_until_it_is_ended_and_survives_a_restart_of_our_server(
    tmp_path: Path, postgres: Postgres
) -> None:
    with apart(tmp_path, postgres) as (server, elsewhere):
        server.create_database("ours")  # both in the server that restarts
        settings = replace(elsewhere, analytics_database_url=server.url("ours"))
        install(settings)
        environment = {
            "ANALYTICS_DATABASE_URL": settings.analytics_url(),
            "SOURCE_DATABASE_URL": settings.source_url(),
        }
        with subprocess.Popen(
            [Path(sys.executable).with_name("analytics"), "guard"],
            cwd=tmp_path,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            with connect(settings.analytics_url()) as ours:
                assert wait_until(lambda: ask(ours, WELL) is True)
            server.start()
            lose_subscription(settings)
            with connect(settings.analytics_url()) as ours:
                assert wait_until(lambda: ask(ours, WELL) is True)
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=10)
        assert "The mirror is compared with MentorHub." in said
        assert "Traceback" not in said
