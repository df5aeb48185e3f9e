"""`analytics up` as a whole, as somebody at a terminal sees it."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from random import Random
from threading import Event
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest

from ops.local.embedded import Postgres, Redis
from shared.home import running_stack
from tests.support.mentorhub import tell
from tests.support.processes import are_gone, open_to_others, wait_until
from tests.support.stack import ANALYTICS, Stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    for module in ("api.py", "workers.py", "shared.py"):
        (folder / module).write_text("raise AssertionError('somebody else's module')")
    with Stack(folder / "home") as running:
        running.start()
        yield running


HEARD_OF = {
    "worker": ("workers.app", "worker"),
    "beat": ("workers.app", "beat"),
    "relay": ("relay",),
    "guard": ("guard",),
}


def test_parts_that_are_stopped_are_named_with_what_wakes_them(stack: Stack) -> None:
    assert wait_until(stack.is_fine)
    stopped = {part: stack.find(*words) for part, words in HEARD_OF.items()}
    for process in stopped.values():
        assert process
        process.suspend()

    def remedies(said: dict[str, Any]) -> dict[str, str]:
        return {
            problem["alarm"]: problem["remedy"]
            for problem in said["problems"]
            if problem["alarm"].endswith("_silent")
        }

    expected = {
        f"{part}_silent": f"kill -CONT {process.pid}"
        for part, process in stopped.items()
        if process
    }
    assert wait_until(
        lambda: remedies(stack.known()) == expected and remedies(stack.status()) == expected
    )
    for command in expected.values():
        subprocess.run(command.split(), check=True)
    assert wait_until(stack.is_fine)


def test_the_demo_answers_with_the_token_it_prints(stack: Stack) -> None:
    assert stack.total_users() == 20
    assert "Learner token" in stack.said()
    assert "Traceback" not in stack.said()


def test_the_other_commands_find_the_stack_by_its_home(stack: Stack) -> None:
    told = subprocess.run(
        [ANALYTICS, "info", "--json", "--home", stack.home],
        env={"PATH": os.defpath},
        capture_output=True,
        check=True,
    )
    addresses = json.loads(told.stdout)
    assert addresses == {name: stack.description()[name] for name in addresses}
    assert set(addresses) == {"api_url", "database_url", "source_database_url", "redis_url"}


def test_no_program_knows_more_than_it_needs(stack: Stack) -> None:
    needs = {
        ("granian",): {"ANALYTICS_DATABASE_URL", "REDIS_URL", "JWT_SECRET_KEY"},
        ("celery", "worker"): {"ANALYTICS_DATABASE_URL", "REDIS_URL"},
        ("celery", "beat"): {"ANALYTICS_DATABASE_URL", "REDIS_URL"},
        ("ops", "relay"): {"ANALYTICS_DATABASE_URL", "REDIS_URL"},
        ("ops", "guard"): {"ANALYTICS_DATABASE_URL", "SOURCE_DATABASE_URL"},
    }
    told: dict[str, str] = stack.description()["environment"]
    secrets = {name: told[name] for name in told if name.endswith(("_URL", "_KEY"))}
    for words, needed in needs.items():
        program = stack.find(*words)
        assert program
        environment = program.environ()
        assert {name for name in secrets if environment.get(name)} == needed
        is_owner = environment["ANALYTICS_DATABASE_URL"] == secrets["ANALYTICS_DATABASE_URL"]
        assert is_owner == ("guard" in words)
        assert not any(secret in part for secret in secrets.values() for part in program.cmdline())


def test_all_that_it_keeps_is_for_its_owner_alone_whatever_the_umask(stack: Stack) -> None:
    assert {"lock", "secret", "stack.json", "log", "postgres"} <= {
        path.name for path in stack.home.iterdir()
    }
    assert open_to_others(stack.home) == set()
    socket = Path(parse_qs(urlsplit(stack.description()["database_url"]).query)["host"][0])
    assert socket.stat().st_mode & 0o077 == 0
    assert (socket / ".s.PGSQL.5432").stat().st_mode & 0o177 == 0


def test_a_second_up_on_the_same_home_exits_2(stack: Stack) -> None:
    second = subprocess.run(
        [ANALYTICS, "up", "--demo", "--port", "0", "--home", stack.home],
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 2
    assert f"already runs in this home, {stack.home}" in second.stderr
    assert second.stderr.count("\n") == 1
    assert stack.is_ready()


def test_killed_children_come_back_and_their_orphans_do_not_stay(stack: Stack) -> None:
    servers, programs = (("bin/postgres",), ("valkey",)), (("granian",), ("relay",), ("guard",))
    kinds = (*servers, *programs, ("celery", "worker"), ("celery", "beat"))
    killed = [child for words in kinds if (child := stack.find(*words))]
    before = [one for child in killed for one in (child, *child.children(recursive=True))]
    assert len(killed) == len(kinds)
    for child in killed:
        child.kill()
    assert are_gone(before)
    assert wait_until(lambda: all(stack.find(*words) for words in kinds))
    assert wait_until(stack.is_ready)
    assert stack.total_users() == 20
    assert stack.said().count("it is started again") == len(kinds)


PARTS = (("celery", "worker"), ("celery", "beat"), ("ops", "relay"), ("ops", "guard"))

FROZEN = float(os.environ.get("FROZEN", "6"))
"""Seconds; from some 40 on `up` itself ends what is frozen."""


def test_reads_go_on_while_redis_is_frozen_and_parts_are_killed_or_frozen_in_any_order(
    stack: Stack,
) -> None:
    chance = Random()  # noqa: S311
    plan = [
        (words, chance.choice((signal.SIGKILL, signal.SIGSTOP)))
        for words in chance.sample(PARTS, len(PARTS))
    ]
    frozen: list[psutil.Process] = []
    with reading(stack) as answers:
        try:
            for words, number in [(("valkey",), signal.SIGSTOP), *plan]:
                child = stack.find(*words)
                assert child
                child.send_signal(number)
                frozen += [child] if number == signal.SIGSTOP else []
                time.sleep(FROZEN / 5)
            time.sleep(FROZEN)
        finally:
            for child in frozen:
                with suppress(psutil.NoSuchProcess):  # `up` has ended it
                    child.resume()
        tell(stack.description()["source_database_url"], ONE_MORE)
        assert wait_until(lambda: stack.total_users() == 21), plan
        assert wait_until(stack.is_fine), plan
        tell(stack.description()["source_database_url"], "DELETE FROM users WHERE id = 1000")
        assert wait_until(lambda: stack.total_users() == 20), plan
    assert set(answers) == {200}, plan


ONE_MORE = """
    INSERT INTO users (id, username, email, hashed_password, is_verified)
    VALUES (1000, 'one more', 'one@more', '', true)
"""


@contextmanager
def reading(stack: Stack) -> Generator[list[int]]:
    """One answer after the other, a new connection each; 0 is none."""
    answers: list[int] = []
    is_over = Event()
    token = stack.admin_token()

    def read() -> None:
        while not is_over.wait(0.05):
            try:
                answers.append(stack.get("/api/v1/analytics/platform", token)[0])
            except OSError:
                answers.append(0)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(read)
        try:
            yield answers
        finally:
            is_over.set()
    done.result()


def test_two_stacks_do_not_disturb_each_other_and_ctrl_c_ends_one_of_them(
    stack: Stack, tmp_path: Path
) -> None:
    with Stack(tmp_path / "other") as other:
        other.start()
        assert other.description()["api_url"] != stack.description()["api_url"]
        assert other.total_users() == 20
        members = other.processes()
        assert len(members) > 10
        postgres = other.find("bin/postgres", "-D")
        assert postgres
        # as long as it is stopped, the end lasts: who asks is told of no server that goes
        postgres.suspend()
        members[0].send_signal(signal.SIGINT)
        assert wait_until(lambda: "Stopping." in other.said())
        assert running_stack(other.home) is None
        postgres.resume()
        assert other.end() == 0
    assert are_gone(members)
    assert running_stack(other.home) is None
    assert stack.is_ready()


def test_killed_it_leaves_no_process_and_its_data(stack: Stack) -> None:
    members, before = stack.processes(), stack.description()["environment"]["JWT_SECRET_KEY"]
    stack.end(signal.SIGKILL)
    assert are_gone(members)
    assert running_stack(stack.home) is None
    stack.start()
    assert stack.total_users() == 20
    assert "Demo data:" not in stack.said()
    assert stack.description()["environment"]["JWT_SECRET_KEY"] == before


def test_ctrl_c_during_the_start_leaves_no_process(tmp_path: Path) -> None:
    with Stack(tmp_path / "hasty") as hasty:
        hasty.begin()
        assert wait_until(lambda: hasty.find("bin/postgres", "-D") is not None)
        members = hasty.processes()
        assert hasty.end() == 0
    assert are_gone(members)
    assert "Traceback" not in hasty.said()


def test_with_urls_those_servers_are_used_and_left_running(tmp_path: Path) -> None:
    with ExitStack() as ending:
        postgres = ending.enter_context(Postgres(tmp_path / "postgres"))
        redis = ending.enter_context(Redis(tmp_path))
        for database in ("mentorhub", "analytics"):
            postgres.create_database(database)
        guest = ending.enter_context(
            Stack(
                tmp_path / "guest",
                ANALYTICS_DATABASE_URL=postgres.url("analytics"),
                SOURCE_DATABASE_URL=postgres.url("mentorhub"),
                REDIS_URL=redis.url(),
            )
        )
        guest.start()
        assert guest.total_users() == 20
        assert guest.find("bin/postgres") is None
        assert guest.find("valkey") is None
        assert guest.end(signal.SIGTERM) == 0
        assert postgres.process
        assert postgres.process.poll() is None
        assert redis.process
        assert redis.process.poll() is None
