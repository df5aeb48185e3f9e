"""From MentorHub's commit to the API's answer: real servers, real replication."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ops.local.embedded import Postgres
from shared import sqlfiles
from shared.database import connect
from shared.settings import Settings
from tests.support.databases import DEFAULTS
from tests.support.mentorhub import (
    POSTGRES_15,
    QUICK,
    SUBSCRIPTION,
    TIMED,
    analytics,
    ask,
    catch_up,
    check,
    copy,
    fill,
    is_mirrored,
    make_older,
    pair,
    rows,
    tell,
)
from tests.support.processes import wait_until
from workers import definitions, mentorhub, mirror
from workers.install import install
from workers.mirrored import published


@pytest.fixture(scope="module")
def ours(postgres: Postgres) -> Postgres:
    return postgres


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """MentorHub's own server, as old as may be."""
    if not (POSTGRES_15 / "postgres").exists():
        pytest.skip(f"PostgreSQL 15 is not installed in {POSTGRES_15}")
    with Postgres(
        tmp_path_factory.mktemp("theirs") / "data", binaries=POSTGRES_15, settings=QUICK
    ) as server:
        yield server


@pytest.fixture(scope="module")
def template(ours: Postgres) -> str:
    """A MentorHub with demo data, to be cloned by tests."""
    ours.create_database("mentorhub_template")
    fill(ours.url("mentorhub_template"))
    return "mentorhub_template"


@pytest.fixture
def settings(ours: Postgres, template: str) -> Iterator[Settings]:
    """One server, two databases: MentorHub's with demo data, ours empty."""
    with pair(ours, ours, template) as settings:
        yield settings


def work(settings: Settings) -> None:
    """What MentorHub really does to its rows."""
    tell(
        settings.source_url(),
        "UPDATE sessions SET status = 'COMPLETED' WHERE status = 'SCHEDULED' AND id % 2 = 0",
        "UPDATE sessions SET status = 'SCHEDULED' WHERE status = 'COMPLETED' AND id % 5 = 0",
        "UPDATE sessions SET mentor_id = (SELECT max(id) FROM mentors) WHERE id % 7 = 0",
        "UPDATE payments SET status = 'REFUNDED' WHERE status = 'COMPLETED' AND id % 3 = 0",
        "UPDATE users SET role = 'MENTOR', is_verified = NOT is_verified WHERE id % 10 = 0",
        "UPDATE courses SET title = title || '!', is_active = NOT is_active WHERE id % 4 = 0",
        "UPDATE course_enrollments SET progress_percent = 100, completed = true WHERE id % 6 = 0",
        "INSERT INTO payments (student_id, mentor_id, amount, currency, status, created_at)"
        " SELECT student_id, mentor_id, amount / 2, currency, 'COMPLETED',"
        " created_at - interval '5 days' FROM payments WHERE id % 4 = 0",
        "DELETE FROM users WHERE id % 9 = 0 AND role = 'STUDENT'",
        "DELETE FROM courses WHERE id = 3",
        "ALTER TYPE sessionstatus ADD VALUE 'POSTPONED'",
        "UPDATE sessions SET status = 'POSTPONED' WHERE id % 11 = 0",
        "ALTER TABLE sessions ADD COLUMN recording_url text DEFAULT 'none'",
        "BEGIN; DELETE FROM reviews; ROLLBACK",
        "INSERT INTO users (username, email, hashed_password, created_at) SELECT 'imported ' || n,"
        " n || '@bulk.example', 'x', '2026-03-10' FROM generate_series(1, 1000) AS n",
    )


@pytest.mark.parametrize("older", [False, True], ids=["one server", "MentorHub's on 15"])
def test_every_answer_equals_a_recount_whatever_mentorhub_does(
    request: pytest.FixtureRequest, ours: Postgres, *, older: bool
) -> None:
    with pair(request.getfixturevalue("theirs") if older else ours, ours) as settings:
        fill(settings.source_url())
        install(settings)
        work(settings)
        catch_up(settings)
        check(settings)
        tell(settings.source_url(), "TRUNCATE sessions CASCADE", "TRUNCATE reviews, progress")
        catch_up(settings)
        check(settings)


def test_another_time_zone_and_currency_are_followed_by_the_next_init(settings: Settings) -> None:
    install(settings)
    settings = replace(settings, timezone="Europe/Moscow", currency="USD")
    install(settings)
    check(settings)


def test_an_older_mentorhub_has_the_numbers_of_todays_and_its_upgrade_is_followed(
    settings: Settings,
) -> None:
    for table in TIMED:
        to_the_second = f"UPDATE {table} SET created_at = date_trunc('second', created_at)"  # noqa: S608
        tell(settings.source_url(), to_the_second)
    truth = rows(settings.source_url())
    make_older(settings.source_url())
    install(settings)
    check(settings, truth)

    tell(settings.source_url(), "DROP PUBLICATION mentorhub_analytics")  # it forbids what follows
    epoch = "timestamptz USING to_timestamp(created_at)"
    tell(
        settings.source_url(),
        *(f"ALTER TABLE {t} ALTER created_at TYPE {epoch}" for t in TIMED if t != "reviews"),
    )
    work_in_lower_case = "UPDATE sessions SET status = 'completed' WHERE id % 3 = 0"
    tell(settings.source_url(), work_in_lower_case)
    install(settings)
    for session in truth["sessions"]:
        if session["id"] % 3 == 0:
            session["status"] = "completed"
    check(settings, truth)


# The copy of the sessions waits while somebody holds lock 1. Only a lock that needs no transaction
# id will do: in one server, making a slot waits for all transactions that have one.
HOLD_SESSIONS = (
    """
    CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock_shared(1);
        RETURN new;
    END
    $$
    """,
    """
    CREATE FUNCTION hold_sessions() RETURNS event_trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'public.sessions'
        ) THEN
            CREATE TRIGGER hold BEFORE INSERT ON public.sessions
            FOR EACH ROW EXECUTE FUNCTION hold();
            ALTER TABLE public.sessions ENABLE ALWAYS TRIGGER hold;
        END IF;
    END
    $$
    """,
    """
    CREATE EVENT TRIGGER hold_sessions ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
    EXECUTE FUNCTION hold_sessions()
    """,
)


HELD = """
    SELECT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND NOT granted AND classid = 0 AND objid = 1
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
"""
"""Whether the copy has come to where it waits."""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "SIGKILL"])
def test_an_init_that_ends_in_the_first_copy_goes_on_where_it_was(
    settings: Settings, tmp_path: Path, end: int
) -> None:
    tell(settings.analytics_url(), *HOLD_SESSIONS)
    with connect(settings.analytics_url()) as holder:
        holder.execute("SELECT pg_advisory_lock(1)")
        with init(settings, tmp_path) as process:
            assert wait_until(lambda: ask(holder, HELD))
            process.send_signal(end)
            assert process.wait(60) != 0
        subscription = ask(holder, SUBSCRIPTION)
    install(settings)
    check(settings)
    with connect(settings.analytics_url()) as connection:
        assert ask(connection, SUBSCRIPTION) == subscription


def init(settings: Settings, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [Path(sys.executable).with_name("analytics"), "init"],
        cwd=folder,
        env={
            "ANALYTICS_DATABASE_URL": settings.analytics_url(),
            "SOURCE_DATABASE_URL": settings.source_url(),
        },
        stderr=subprocess.DEVNULL,
    )


def test_an_init_that_ends_after_any_step_goes_on(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, step in (
        (mentorhub, "publish"),
        (mirror, "_make_tables"),
        (mirror, "_adapt_types"),
        (mentorhub, "make_slot"),
        (mirror, "_subscribe"),
        (mirror, "wait_until_caught_up"),
        (definitions, "execute"),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(module, step, interrupted_after(getattr(module, step)))
            with pytest.raises(KeyboardInterrupt):
                install(settings)
    install(settings)
    check(settings)


def interrupted_after(step: Callable[..., object]) -> Callable[..., None]:
    def run(*arguments: Any) -> None:
        step(*arguments)
        raise KeyboardInterrupt

    return run


def test_a_version_that_needs_another_column_makes_the_mirror_anew(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:

    def before_verification(name: str) -> str:
        return sqlfiles_read(name).replace("    is_verified boolean,\n", "")

    sqlfiles_read = sqlfiles.read
    with monkeypatch.context() as patched:
        patched.setattr(sqlfiles, "read", before_verification)
        copy(settings)
        assert "is_verified" not in published()["users"]
        assert is_mirrored(settings)
    install(settings)
    check(settings)


LOSSES = (
    "SELECT pg_drop_replication_slot('mentorhub_analytics')",
    "DROP PUBLICATION mentorhub_analytics",
    "ALTER PUBLICATION mentorhub_analytics DROP TABLE payments",
    "ALTER PUBLICATION mentorhub_analytics SET (publish = 'insert')",
)


def test_a_mirror_that_lost_changes_is_made_anew_by_the_next_init(settings: Settings) -> None:
    copy(settings)
    for number, loss in enumerate(LOSSES):
        tell(settings.analytics_url(), "ALTER SUBSCRIPTION mentorhub_analytics DISABLE")
        with connect(settings.source_url()) as connection:
            assert wait_until(
                lambda c=connection: ask(c, "SELECT NOT active FROM pg_replication_slots")
            )
        tell(settings.source_url(), loss, f"DELETE FROM users WHERE id % 10 = {number}")  # noqa: S608
        copy(settings)
        assert is_mirrored(settings), loss


@pytest.fixture
def movable(tmp_path: Path, ours: Postgres) -> Iterator[tuple[Postgres, Settings]]:
    """A MentorHub in a server that the test may restart, and that keeps little WAL."""
    tight = QUICK | {"max_slot_wal_keep_size": "16MB", "min_wal_size": "32MB"}
    with Postgres(tmp_path / "theirs", settings=tight) as server, analytics(ours) as url:
        server.create_database("mentorhub")
        fill(server.url("mentorhub"), users=20)
        yield (
            server,
            replace(
                DEFAULTS, analytics_database_url=url, source_database_url=server.url("mentorhub")
            ),
        )


def test_mentorhub_is_followed_to_another_address(movable: tuple[Postgres, Settings]) -> None:
    server, settings = movable
    copy(settings)
    with connect(settings.analytics_url()) as connection:
        subscription = ask(connection, SUBSCRIPTION)
        server.stop()
        server.start()
        assert server.url("mentorhub") != settings.source_url()
        settings = replace(settings, source_database_url=server.url("mentorhub"))
        tell(settings.source_url(), "UPDATE payments SET amount = 1")
        copy(settings)
        assert ask(connection, SUBSCRIPTION) == subscription, "nothing is copied again"
    assert is_mirrored(settings)


def test_a_mirror_whose_wal_was_removed_is_made_anew(movable: tuple[Postgres, Settings]) -> None:
    _, settings = movable
    copy(settings)
    tell(settings.analytics_url(), "ALTER SUBSCRIPTION mentorhub_analytics DISABLE")
    for _ in range(4):
        tell(
            settings.source_url(),
            "UPDATE payments SET amount = amount / 2",
            "SELECT pg_switch_wal()",
        )
    tell(settings.source_url(), "CHECKPOINT")
    with connect(settings.source_url()) as connection:
        assert ask(connection, "SELECT wal_status FROM pg_replication_slots") == "lost"
    copy(settings)
    assert is_mirrored(settings)


def test_another_mentorhub_is_copied_anew_and_the_old_one_keeps_no_slot(
    settings: Settings, theirs: Postgres, ours: Postgres
) -> None:
    with pair(theirs, ours) as other:
        fill(other.source_url(), users=50)
        copy(settings)
        moved = replace(settings, source_database_url=other.source_url())
        install(moved)
        assert is_mirrored(moved)
        with connect(settings.source_url()) as old:
            assert ask(old, "SELECT count(*) FROM pg_replication_slots") == 0
        with connect(settings.analytics_url()) as connection:
            mirror.unsubscribe(connection)
