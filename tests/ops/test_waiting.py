"""Whoever keeps us waiting is named, with what ends it; and nothing of ours waits without end."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql

from ops.status import collect
from shared.database import Connection, connect
from shared.errors import ConfigurationError, ServerUnavailableError
from shared.settings import Settings
from tests.support.mentorhub import ask
from tests.support.processes import wait_until
from workers import fold as module
from workers import mirror
from workers.fold import BOUNDS, Folder, fold, worker_connection
from workers.recounts import hold_recounts

NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, redis_url=NOBODY)


@contextmanager
def waiting(settings: Settings) -> Generator[subprocess.Popen[bytes]]:
    """A fold in another process."""
    program = """
        import sys
        from dataclasses import replace
        from tests.support.databases import DEFAULTS
        from workers.fold import fold, worker_connection
        with worker_connection(replace(DEFAULTS, analytics_database_url=sys.argv[1])) as worker:
            fold(worker)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), settings.analytics_url()]
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def named(settings: Settings, kind: str = "blockers") -> list[str]:
    return collect(settings)[kind]


LOCKS = (
    "LOCK TABLE public.sessions IN ACCESS EXCLUSIVE MODE",
    "LOCK TABLE control.turn IN ROW EXCLUSIVE MODE",
    "UPDATE analytics.freshness SET as_of = as_of",
)


@pytest.mark.parametrize("lock", LOCKS)
def test_who_holds_a_lock_that_folds_wait_for_is_named_with_the_command_that_ends_it(
    settings: Settings, ours: Connection, lock: str
) -> None:
    options = {"application_name": "psql", "autocommit": False}
    with connect(settings.analytics_url(), **options) as holder, waiting(settings) as process:
        holder.execute(lock.encode())
        assert wait_until(lambda: named(settings))
        (sentence,) = named(settings)
        assert sentence.startswith(f"psql (pid {holder.info.backend_pid}, user postgres) keeps ")
        assert "analytics" in sentence
        assert lock in sentence
        ours.execute(sentence.split("`")[1].encode())
        assert process.wait(20) == 0
        assert named(settings) == []
        with pytest.raises(psycopg.OperationalError):
            holder.execute("SELECT")


def test_who_waits_behind_somebody_is_not_named(settings: Settings) -> None:
    url = settings.analytics_url()
    with (
        connect(url, application_name="first", autocommit=False) as first,
        waiting(settings),
        waiting(settings),
    ):
        first.execute("LOCK TABLE control.turn IN EXCLUSIVE MODE")
        assert wait_until(lambda: named(settings))
        assert [sentence.split()[0] for sentence in named(settings)] == ["first"]
        first.rollback()


def test_a_status_that_is_itself_kept_waiting_says_by_whom(settings: Settings) -> None:
    url = settings.analytics_url()
    with connect(url, application_name="psql", autocommit=False) as holder:
        holder.execute("LOCK TABLE analytics.user_day IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(ServerUnavailableError, match=r"locked our tables|psql"):
            collect(settings)
        holder.rollback()


def test_the_worker_who_may_see_nothing_of_others_names_them_too(
    settings: Settings, ours: Connection
) -> None:
    name = ask(ours, "SELECT current_database()")
    ours.execute("ALTER ROLE analytics_worker LOGIN")
    ours.execute(
        sql.SQL("GRANT CONNECT ON DATABASE {} TO analytics_worker").format(sql.Identifier(name))
    )
    url = settings.analytics_url().replace("postgres@", "analytics_worker@")
    with (
        connect(settings.analytics_url(), application_name="psql", autocommit=False) as holder,
        connect(url) as worker,
        waiting(settings),
    ):
        holder.execute("LOCK TABLE control.turn IN EXCLUSIVE MODE")
        found = "SELECT pid FROM control.blockers()"
        assert wait_until(lambda: ask(worker, found) == holder.info.backend_pid)
        holder.rollback()


def test_a_process_of_ours_that_is_stopped_at_its_turn_is_ended_and_others_fold(
    settings: Settings, worker: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BOUNDS, "idle_in_transaction_session_timeout", "2s")
    program = """
        import os, signal, sys
        from dataclasses import replace
        from tests.support.databases import DEFAULTS
        from workers.fold import BOUNDS, turn, worker_connection
        BOUNDS["idle_in_transaction_session_timeout"] = "4s"
        with worker_connection(replace(DEFAULTS, analytics_database_url=sys.argv[1])) as worker:
            with turn(worker):
                os.kill(os.getpid(), signal.SIGSTOP)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), settings.analytics_url()],
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _, status = os.waitpid(process.pid, os.WUNTRACED)
            assert os.WIFSTOPPED(status)
            fold(worker)
        finally:
            process.send_signal(signal.SIGCONT)
        assert process.wait(20) == 1


def test_a_folder_whose_session_was_ended_as_it_stood_still_folds_over_a_new_one(
    settings: Settings, ours: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Connection] = []

    def make(settings: Settings) -> Connection:
        made.append(worker_connection(settings))
        return made[-1]

    monkeypatch.setattr(module, "worker_connection", make)
    monkeypatch.setitem(BOUNDS, "idle_in_transaction_session_timeout", "100ms")
    folder = Folder()
    folder.fold(settings)
    first = made[0].info.backend_pid
    with made[0].transaction(), suppress(psycopg.Error):
        gone = "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = %s"
        assert wait_until(lambda: ask(ours, gone, first))
        made[0].execute("SELECT")
    folder.fold(settings)
    assert len(made) == 2
    made[1].close()


def test_waiting_for_a_turn_ends_with_a_sentence(
    settings: Settings, ours: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BOUNDS, "lock_timeout", "100ms")
    with worker_connection(settings) as first, worker_connection(settings) as second:
        assert hold_recounts(first)
        with pytest.raises(ConfigurationError, match="still under way"):
            hold_recounts(second)
        assert mirror.hold_replication(ours)
        with pytest.raises(ConfigurationError, match="still setting up or repairing replication"):
            mirror.hold_replication(second)


def test_an_old_snapshot_is_named_with_what_it_costs(settings: Settings, ours: Connection) -> None:
    with connect(settings.analytics_url(), application_name="report", autocommit=False) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT count(*) FROM analytics.user_day")
        assert named(settings, "snapshots") == [], "a young one is no news"
        definition = ask(ours, "SELECT pg_get_functiondef('control.snapshots'::regproc)")
        assert "'00:01:00'" in definition
        ours.execute(definition.replace("'00:01:00'", "'00:00:00'").encode())
        (sentence,) = named(settings, "snapshots")
        assert sentence.startswith(f"report (pid {reader.info.backend_pid}, user postgres) has had")
        assert "can't be cleared away" in sentence
        ours.execute(sentence.split("`")[1].encode())
        assert wait_until(lambda: named(settings, "snapshots") == [])
        with pytest.raises(psycopg.OperationalError):
            reader.execute("SELECT")
