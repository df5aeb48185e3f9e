"""The relay as a real process: changes wake the workers, and nothing is lost without it."""

import json
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from redis import Redis as Client

from ops.local.embedded import Postgres, Redis
from ops.local.leash import Leash
from ops.local.programs import Programs
from ops.local.supervisor import Program
from shared.database import Connection, connect
from shared.settings import Settings
from tests.support.databases import DEFAULTS, database
from tests.support.processes import wait_until
from workers.broker import KEY_PREFIX
from workers.definitions import MIRRORED

QUEUE = f"{KEY_PREFIX}celery"
SESSION = (
    "INSERT INTO public.sessions (id, student_id, mentor_id, duration_minutes, status, created_at)"
    " SELECT coalesce(max(id), 0) + 1, 1, 1, 60, 'SCHEDULED', now() FROM public.sessions"
)


class Stack:
    """A database, a broker, and what a test starts of the relay and the worker."""

    def __init__(self, settings: Settings, redis: Redis, programs: Programs) -> None:
        self.settings, self.redis = settings, redis
        self.relay, self.worker = programs.relay(), programs.worker()

    def start(self) -> None:
        """Whatever a test has stopped or killed."""
        for program in (self.relay, self.worker):
            if program.process is None or program.process.poll() is not None:
                program.start()
        assert wait_until(self.listens)

    def listens(self) -> bool:
        with connect(self.settings.analytics_url()) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND application_name = 'analytics relay'"
            ).fetchone()
            return row != (0,)

    def waiting(self) -> int:
        with Client.from_url(self.redis.url()) as client:
            waiting = client.llen(QUEUE)
        assert isinstance(waiting, int)
        return waiting


@pytest.fixture(scope="module")
def stack(
    postgres: Postgres, analytics_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    home = tmp_path_factory.mktemp("home")
    postgres.allow_login("analytics_worker")
    with (
        database(postgres, "test_relay", analytics_template) as url,
        Redis(home / "redis") as redis,
        Leash() as leash,
    ):
        settings = replace(
            DEFAULTS,
            analytics_database_url=url,
            redis_url=redis.url(),
            home=home,
            log_format="json",
            log_level="DEBUG",
        )
        worker_url = postgres.url("test_relay", user="analytics_worker")
        stack = Stack(settings, redis, Programs(settings, leash, "", worker_url))
        stack.start()
        yield stack
        stack.relay.stop()
        stack.worker.stop()


@pytest.fixture
def ours(stack: Stack) -> Iterator[Connection]:
    """The owner's connection; relay and worker run, and have nothing to do."""
    stack.start()
    with connect(stack.settings.analytics_url()) as connection:
        assert wait_until(lambda: captured(connection) == 0)
        yield connection


def total(connection: Connection) -> int:
    row = connection.execute("SELECT sum(sessions) FROM analytics.session_day").fetchone()
    return row[0] if row and row[0] else 0


def captured(connection: Connection) -> int:
    row = connection.execute("SELECT count(*) FROM capture.sessions").fetchone()
    return row[0] if row else -1


def killed(program: Program) -> None:
    assert program.process
    program.process.send_signal(signal.SIGKILL)
    program.process.wait()


def test_however_many_changes_arrive_one_wakeup_is_under_way(
    stack: Stack, ours: Connection
) -> None:
    """Without a worker the one that is sent stays; it is sent again after 1, 2, 4… seconds."""
    stack.worker.stop()
    before = total(ours)
    assert wait_until(lambda: stack.waiting() >= 1)
    for _ in range(300):
        ours.execute(SESSION)
    assert stack.waiting() <= 3
    stack.worker.start()
    assert wait_until(lambda: total(ours) == before + 300)


def test_a_change_is_folded_at_once(ours: Connection) -> None:
    before = total(ours)
    for number in range(1, 6):
        ours.execute(SESSION)
        assert wait_until(lambda expected=before + number: total(ours) == expected)


def test_changes_of_every_table_wake_the_workers(ours: Connection) -> None:
    for table in MIRRORED:
        ours.execute(f"TRUNCATE public.{table}".encode())
    assert wait_until(lambda: captured(ours) == 0 and total(ours) == 0)


def test_as_of_moves_while_nothing_happens(ours: Connection) -> None:
    for _ in range(3):
        before = as_of(ours)
        assert wait_until(lambda before=before: as_of(ours) > before)


def as_of(connection: Connection) -> datetime:
    row = connection.execute("SELECT min(as_of) FROM analytics.freshness").fetchone()
    assert row
    return row[0]


def test_a_relay_that_was_killed_takes_up_what_it_has_missed(
    stack: Stack, ours: Connection
) -> None:
    killed(stack.relay)
    before = total(ours)
    ours.execute(SESSION)
    assert captured(ours) == 1
    stack.relay.start()
    assert wait_until(lambda: total(ours) == before + 1)


def test_a_wiped_redis_loses_no_change(stack: Stack, ours: Connection) -> None:
    before = total(ours)
    for number in range(20):
        ours.execute(SESSION)
        if number % 5 == 0:
            with Client.from_url(stack.redis.url()) as client:
                client.flushall()
    assert wait_until(lambda: total(ours) == before + 20)


def test_redis_killed_and_started_again_is_used_again(stack: Stack, ours: Connection) -> None:
    before = total(ours)
    assert stack.redis.process
    stack.redis.process.send_signal(signal.SIGKILL)
    stack.redis.process.wait()
    ours.execute(SESSION)
    stack.redis.start()
    assert wait_until(lambda: total(ours) == before + 1)
    assert stack.relay.process
    assert stack.relay.process.poll() is None
    log = (stack.settings.home / "log" / "relay.log").read_text()
    assert "Traceback" not in log


def test_a_lost_database_connection_is_made_again(stack: Stack, ours: Connection) -> None:
    ours.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert wait_until(stack.listens)
    before = total(ours)
    ours.execute(SESSION)
    assert wait_until(lambda: total(ours) == before + 1)
    assert "Traceback" not in (Path(stack.settings.home) / "log" / "relay.log").read_text()


def logged(stack: Stack, part: str) -> Iterator[dict[str, Any]]:
    """Our own lines of a part's log, as far as they are whole."""
    for line in (stack.settings.home / "log" / f"{part}.log").read_text().splitlines():
        with suppress(json.JSONDecodeError):
            yield json.loads(line)


def test_a_change_has_one_id_from_the_relay_to_its_fold(stack: Stack, ours: Connection) -> None:
    before = total(ours)
    ours.execute(SESSION)
    assert wait_until(lambda: total(ours) == before + 1)

    def folds() -> set[str]:
        folded = [line for line in logged(stack, "worker") if "changes folded" in line["event"]]
        return {line["correlation"] for line in folded}

    def wakeups() -> set[str]:
        woken = [line for line in logged(stack, "relay") if line.get("task") == "session_changed"]
        return {line["correlation"] for line in woken}

    assert wait_until(lambda: bool(folds() & wakeups()))


def test_tasks_and_folds_are_counted_with_those_that_fail(ours: Connection) -> None:
    def counted(what: str, column: str) -> int:
        row = ours.execute(
            f"SELECT coalesce(sum({column}), 0) FROM control.tally WHERE what = %s".encode(),  # noqa: S608
            [what],
        ).fetchone()
        return row[0] if row else 0

    folded = counted("fold", "rows")
    ours.execute(SESSION)
    assert wait_until(lambda: counted("fold", "rows") > folded)
    assert wait_until(lambda: counted("task refresh", "done") > 0)
    failed = counted("task session_changed", "failed")
    ours.execute("ALTER TABLE analytics.session_day ADD CONSTRAINT no CHECK (false) NOT VALID")
    ours.execute(SESSION)
    assert wait_until(lambda: counted("task session_changed", "failed") > failed)
    ours.execute("ALTER TABLE analytics.session_day DROP CONSTRAINT no")
    assert wait_until(lambda: captured(ours) == 0)
