"""The commands that say or mend what is wrong, with what they ask dead, frozen or full."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
import redis

from ops.local.embedded import Postgres, Redis
from shared.database import connect
from tests.support.databases import DEFAULTS
from tests.support.mentorhub import QUICK, ask, tell
from tests.support.processes import PATIENCE, wait_until
from workers.install import install_schemas
from workers.mirrored import creation


class Stage:
    """Servers of our own, to be stopped, and a MentorHub's address."""

    def __init__(self, postgres: Postgres, redis: Redis, source_url: str, folder: Path) -> None:
        self.postgres, self.redis, self.folder = postgres, redis, folder
        self.settings = replace(
            DEFAULTS,
            analytics_database_url=postgres.url("analytics"),
            source_database_url=source_url,
            redis_url=redis.url(),
        )

    def begin(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [Path(sys.executable).with_name("analytics"), *words],
            cwd=self.folder,
            env={
                "PATH": os.defpath,
                "ANALYTICS_DATABASE_URL": self.settings.analytics_url(),
                "SOURCE_DATABASE_URL": self.settings.source_url(),
                "REDIS_URL": self.settings.broker_url(),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> tuple[int, str, str]:
        return ended(self.begin(*words))


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code, what it said, and the sentence that it ended with."""
    with process:
        said, errors = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in errors
    last = errors.strip().rpartition("\n")[2]
    if process.returncode == 2:
        assert re.fullmatch(r"analytics: .+[.?]", last), errors
    return process.returncode, said, last


@pytest.fixture(scope="module")
def stage(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("diagnosis")
    with Postgres(folder / "postgres", settings=QUICK) as ours, Redis(folder) as redis:
        ours.create_database("analytics")
        stage = Stage(ours, redis, postgres.url("postgres"), folder)
        with connect(ours.url("analytics")) as connection:
            connection.execute(creation().encode())
            install_schemas(connection, stage.settings, datetime.now(UTC))
        yield stage


@contextmanager
def frozen(server: Postgres | Redis) -> Iterator[None]:
    assert server.process
    main = psutil.Process(server.process.pid)
    family = [main, *main.children(recursive=True)]
    for process in family:
        process.suspend()
    try:
        yield
    finally:
        for process in family:
            process.resume()


@contextmanager
def away(server: Postgres) -> Iterator[None]:
    assert server.process
    server.process.send_signal(signal.SIGQUIT)
    server.process.wait()
    try:
        yield
    finally:
        server.start()


def test_an_init_whose_server_freezes_ends_in_one_sentence(stage: Stage) -> None:
    url = stage.settings.analytics_url()
    with connect(url) as watch, connect(url) as holder:
        holder.execute("SELECT pg_advisory_lock(hashtext('mentorhub_analytics replication'))")
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        process = stage.begin("init")
        assert wait_until(lambda: ask(watch, waiting) == 1)
        with frozen(stage.postgres):
            code, _, sentence = ended(process)
    assert code == 2
    assert sentence.startswith("analytics: The analytics server went away: run `analytics init` ")


def test_status_says_what_it_can_without_our_database(stage: Stage) -> None:
    with away(stage.postgres):
        code, said, sentence = stage.run("status")
        assert code == 2
        assert sentence.startswith("analytics: Can't connect to PostgreSQL at /tmp/analytics-")
        assert "Database Can't connect to PostgreSQL" in said
        assert "Broker   answers" in said
        known = json.loads(stage.run("status", "--json")[1])
    assert not known["verdict"]["fine"]
    assert known["verdict"]["what"].startswith("Database: Can't connect")
    assert (known["broker"], known["api"]) == (True, None)


def test_status_of_a_frozen_database_and_a_frozen_redis_is_a_verdict_all_the_same(
    stage: Stage,
) -> None:
    with frozen(stage.postgres), frozen(stage.redis):
        code, said, sentence = stage.run("status")
    assert code == 2
    assert sentence.startswith("analytics: Can't connect to PostgreSQL")
    assert "Broker   Redis does not answer (Timeout reading from" in said


LOCKS = {
    "audit": "LOCK TABLE control.mirror IN ACCESS EXCLUSIVE MODE",
    "refresh": "LOCK TABLE control.turn IN EXCLUSIVE MODE",
    "init": "SELECT pg_advisory_lock(hashtext('mentorhub_analytics rebuild'))",
}


@pytest.mark.parametrize("command", [*LOCKS, "rebuild"])
def test_a_database_that_dies_meanwhile_is_one_sentence(stage: Stage, command: str) -> None:
    url = stage.settings.analytics_url()
    tell(url, "DELETE FROM control.run")
    with connect(url) as watch, connect(url, autocommit=False) as holder:
        holder.execute(LOCKS.get(command, "SELECT").encode())
        process = stage.begin(command)
        at_work = (
            "SELECT count(*) > 0 FROM control.run"
            if command == "rebuild"
            else "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted"
        )
        assert wait_until(lambda: ask(watch, at_work))
        with away(stage.postgres):
            code, _, sentence = ended(process)
            holder.close()
    assert code == 2
    # a rebuild connects anew to watch
    assert re.search("did not finish its answer|server went away: run|Can't connect", sentence)


def test_a_frozen_redis_is_named_and_only_who_needs_it_is_stopped(stage: Stage) -> None:
    with frozen(stage.redis):
        code, said, _ = stage.run("status")
        assert code == 1
        assert "Wrong: Broker: Redis does not answer" in said
        code, _, sentence = stage.run("rebuild")
        assert code == 2
        assert sentence.startswith("analytics: Redis does not answer")
        assert stage.run("refresh")[0] == stage.run("audit")[0] == 0


def test_a_full_redis_is_named_and_only_who_needs_it_is_stopped(stage: Stage) -> None:
    with redis.Redis.from_url(stage.redis.url()) as client:
        client.config_set("maxmemory", "1mb")
        client.config_set("maxmemory-policy", "noeviction")
        full = "Redis is full, and takes no messages: raise its `maxmemory`."
        try:
            code, said, _ = stage.run("status")
            assert code == 1
            assert full in " ".join(said.split())
            assert stage.run("rebuild")[::2] == (2, f"analytics: {full}")
            assert stage.run("refresh")[0] == stage.run("audit")[0] == 0
        finally:
            client.config_set("maxmemory", "0")


def test_a_redis_that_holds_something_else_is_named_with_the_command_that_mends_it(
    stage: Stage,
) -> None:
    with redis.Redis.from_url(stage.redis.url()) as client:
        client.set("mentorhub_analytics:celery", "x")
        sentence = (
            "Redis holds something else under mentorhub_analytics:celery:"
            " run `DEL mentorhub_analytics:celery` there."
        )
        code, said, _ = stage.run("status")
        assert code == 1
        assert sentence in " ".join(said.split())
        assert stage.run("rebuild")[::2] == (2, f"analytics: {sentence}")
        assert stage.run("refresh")[0] == stage.run("audit")[0] == 0
        client.execute_command(*sentence.split("`")[1].split())
        assert "something else" not in stage.run("status")[1]
