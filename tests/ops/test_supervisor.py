"""Home, supervisor and leash, with small real children."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from socket import create_server

import psutil
import pytest

from ops.local import processes, supervisor
from ops.local.home import Home
from ops.local.leash import Leash
from ops.local.supervisor import Program, Supervisor
from ops.local.up import up
from shared.errors import ConfigurationError
from shared.home import running_stack
from shared.settings import Settings
from tests.support.databases import DEFAULTS
from tests.support.processes import are_gone, wait_until

GROUP = ["sh", "-c", "sleep 100 & sleep 100"]


@pytest.fixture
def leash() -> Iterator[Leash]:
    with Leash() as held:
        yield held


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(DEFAULTS, home=tmp_path / "home")


def program(command: list[str], folder: Path, leash: Leash) -> Program:
    environment = {"PATH": os.defpath}
    return Program(command, environment=environment, folder=folder, log=folder / "log", leash=leash)


def family(child: Program, size: int) -> list[psutil.Process]:
    """The child's process and its children, once there are `size` of them."""
    assert child.process
    main = psutil.Process(child.process.pid)
    assert wait_until(lambda: len(main.children()) == size - 1)
    return [main, *main.children()]


def test_a_program_ends_with_all_its_processes(tmp_path: Path, leash: Leash) -> None:
    child = program(GROUP, tmp_path, leash)
    with Supervisor(print) as watching:
        watching.start("Sleep", child)
        members = family(child, 3)
    assert are_gone(members)


def test_a_program_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    deaf = processes.start(
        ["sh", "-c", "trap '' TERM QUIT; echo deaf; while :; do sleep 0.1; done"],
        log=tmp_path / "log",
        ends_by=signal.SIGTERM,
    )
    assert wait_until(lambda: (tmp_path / "log").read_text() == "deaf\n")
    processes.end(deaf, signal.SIGTERM, signal.SIGQUIT, patience=0.1)
    assert deaf.returncode == -signal.SIGKILL


def test_what_ends_is_started_again_and_what_it_left_behind_is_gone(
    tmp_path: Path, leash: Leash
) -> None:
    said: list[str] = []
    child = program(GROUP, tmp_path, leash)
    with Supervisor(said.append) as watching:
        watching.start("Sleep", child)
        before = family(child, 3)
        before[0].kill()
        assert watching.watch_until(lambda: said != [], seconds=10)
        assert watching.watch_until(lambda: child.process is not None and alive(child), seconds=10)
        assert are_gone(before)
    assert said == ["Sleep ended with -9; it is started again."]


def alive(child: Program) -> bool:
    return child.process is not None and child.process.poll() is None


def test_what_ends_again_and_again_is_started_for_ever_with_a_growing_pause(
    tmp_path: Path, leash: Leash, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_FIRST_DELAY", 0.01)
    steady, said = program(GROUP, tmp_path, leash), []
    with Supervisor(said.append) as watching:
        watching.start("Steady", steady)
        members = family(steady, 3)
        watching.start("Hasty", program(["false"], tmp_path, leash))
        assert watching.watch_until(lambda: len(said) > 5, seconds=30)
        assert all(member.is_running() for member in members), "nobody is stopped for another"
    assert set(said) == {"Hasty ended with 1; it is started again."}


def test_what_does_not_answer_counts_as_ended_and_the_others_stay(
    tmp_path: Path, leash: Leash, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_LOOK", 0.05)
    said: list[str] = []
    hung, steady = (program(GROUP, tmp_path, leash) for _ in range(2))

    def runs(child: Program) -> bool:
        process = child.process
        try:
            return bool(process and psutil.Process(process.pid).status() != psutil.STATUS_STOPPED)
        except psutil.NoSuchProcess:
            return False

    with Supervisor(said.append, silence=1) as watching:
        watching.start("Steady", steady, lambda: runs(steady))
        watching.start("Unknown", program(GROUP, tmp_path, leash), lambda: None)
        watching.start("Hung", hung, lambda: runs(hung))
        before, kept = family(hung, 3), family(steady, 3)
        before[0].send_signal(signal.SIGSTOP)
        assert watching.watch_until(lambda: alive(hung) and said != [], seconds=20)
        assert are_gone(before)
        assert all(member.is_running() for member in kept)
    assert said == ["Hung has not answered for 1 seconds; it is started again."]


def test_logs_stay_small_while_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "LARGEST_LOG", 1000)
    log = tmp_path / "part.log"
    with log.open("ab", buffering=0) as writing:
        for _ in range(5):
            writing.write(b"x" * 1500)
            processes.rotate(tmp_path)
            writing.write(b"y" * 10)
            assert log.stat().st_size == 10
    assert {path.name for path in tmp_path.iterdir()} == {"part.log", "part.log.1"}


def test_children_end_in_the_reverse_order_of_their_start() -> None:
    ended: list[str] = []

    class Recorded:
        process = None

        def __init__(self, name: str) -> None:
            self.name = name

        def start(self) -> None:
            if self.name == "broken":
                raise ConfigurationError(self.name)

        def stop(self) -> None:
            ended.append(self.name)

    with Supervisor(print) as watching:
        watching.start("first", Recorded("first"))
        watching.start("second", Recorded("second"))
        with pytest.raises(ConfigurationError):
            watching.start("broken", Recorded("broken"))
    assert ended == ["broken", "second", "first"]


def test_a_killed_supervisor_leaves_no_grandchild(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from ops.local.leash import Leash\n"
        "from ops.local.supervisor import Program, Supervisor\n"
        "with Leash() as leash, Supervisor(print) as supervisor:\n"
        "    child = Program(['sh', '-c', 'trap \"\" TERM; sleep 100 & while :; do sleep 1; done'],"
        " environment={}, folder=Path('/'), log=Path(sys.argv[1]), leash=leash)\n"
        "    supervisor.start('Sleep', child); print(flush=True); time.sleep(100)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, tmp_path / "log"], stdout=subprocess.PIPE
    ) as supervising:
        assert supervising.stdout
        supervising.stdout.readline()
        time.sleep(0.1)
        members = psutil.Process(supervising.pid).children(recursive=True)
        assert len(members) >= 3  # leash, shell, sleep
        supervising.kill()
    assert are_gone(members)


def test_a_home_holds_one_stack_at_a_time(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with (
        home.locked(),
        pytest.raises(ConfigurationError, match="already runs in this home"),
        Home(tmp_path).locked(),
    ):
        pass
    with home.locked():
        pass


def test_only_a_stack_that_is_alive_counts_as_running(tmp_path: Path) -> None:
    home, stack = Home(tmp_path), {"pid": 1}
    assert running_stack(tmp_path) is None
    with home.locked():
        assert running_stack(tmp_path) is None
        home.publish(stack)
        assert running_stack(tmp_path) == stack
        assert (tmp_path / "stack.json").stat().st_mode & 0o777 == 0o600
    assert running_stack(tmp_path) is None
    (tmp_path / "stack.json").write_text(json.dumps(stack))  # as a killed one leaves it
    assert running_stack(tmp_path) is None


def test_the_demo_key_is_made_once_and_for_us_alone(tmp_path: Path) -> None:
    assert Home(tmp_path).secret() == Home(tmp_path).secret()
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert len(Home(tmp_path).secret()) >= 32


def test_a_home_that_can_not_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(ConfigurationError, match="can't be the home"),
        Home(tmp_path / "file" / "home").locked(),
    ):
        pass


def test_numbers_of_no_mentorhub_are_refused(settings: Settings) -> None:
    settings = replace(settings, analytics_database_url="postgresql://localhost/analytics")
    with pytest.raises(ConfigurationError, match="nothing of what"):
        up(settings, port=0, demo=True)


def test_without_the_demo_a_signing_key_is_needed(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="JWT_SECRET_KEY is not set"):
        up(replace(settings, jwt_secret_key=None), port=0, demo=False)


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_does_not_exist_is_refused(settings: Settings, port: int) -> None:
    with pytest.raises(ConfigurationError, match=f"Port {port} can't be used"):
        up(settings, port=port, demo=True)


def test_a_busy_port_is_refused(settings: Settings) -> None:
    with create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"Port {port} can't be used"):
            up(settings, port=port, demo=True)
