"""A part whose process lives and whose main loop hangs counts as ended, and is started again."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ops.local import lives
from ops.local.embedded import Postgres, Redis
from ops.local.leash import Leash
from ops.local.supervisor import Program, Supervisor
from shared.database import Connection
from shared.settings import Settings
from tests.support.mentorhub import ask
from tests.support.processes import wait_until

SILENCE, PATIENCE = 4.0, 12.0

GUARD = f"""
from workers import guard
guard.LONGEST_STEP = {SILENCE}
from ops.cli import main
main()
"""

WORKER = f"""
import socket
from pathlib import Path
from celery import bootsteps
from celery.__main__ import main
from workers import app

app.LONGEST_TURN = {SILENCE}
hangs, (line, _other_end) = Path("hangs"), socket.socketpair()

class Hang(bootsteps.StartStopStep):
    def register_with_event_loop(self, consumer, hub):
        hub.call_repeatedly(0.1, lambda: hangs.exists() and line.recv(1))

app.app.steps["consumer"].add(Hang)
main()
"""

PARTS = {
    "guard": ("-c", GUARD, "guard"),
    "relay": ("-m", "ops", "relay"),
    "beat": ("-m", "celery", "--app", "workers.app", "beat", "--pidfile="),
    "worker": ("-c", WORKER, "--app", "workers.app", "worker", "--concurrency", "1"),
}

ON_DUTY = """
    SELECT pid FROM pg_locks
    WHERE
        locktype = 'advisory'
        AND objid = (hashtext('mentorhub_analytics guard')::bigint & 4294967295)::oid
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
PULSE = (
    "SELECT pid FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()"
)


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """The server's end of a connection: TCP and sockets go on, and no answer comes."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_main_loop_that_hangs_gives_no_sign_of_life_and_is_started_again(
    settings: Settings,
    ours: Connection,
    postgres: Postgres,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lives, "SILENCE", SILENCE)
    said: list[str] = []
    with (
        Redis(tmp_path) as redis,
        Leash() as leash,
        Supervisor(said.append, PATIENCE) as supervisor,
    ):
        environment = {
            "PATH": os.defpath,
            "ANALYTICS_DATABASE_URL": settings.analytics_url(),
            "SOURCE_DATABASE_URL": postgres.url("postgres"),
            "REDIS_URL": redis.url(),
            "ANALYTICS_HOME": str(tmp_path),
        }
        for name, command in PARTS.items():
            part = Program(
                [sys.executable, *command],
                environment=environment,
                folder=tmp_path,
                log=tmp_path / f"{name}.log",
                leash=leash,
            )
            supervisor.start(name, part, lives.part(name, settings.analytics_url(), lambda: True))

        def alive() -> set[str]:
            rows = ours.execute(
                "SELECT name FROM analytics.parts()"
                " WHERE seen_at > clock_timestamp() - interval '3 s'"
            )
            return {name for (name,) in rows}

        def is_said(*names: str) -> bool:
            sentence = "has not answered for 12 seconds; it is started again."
            return {f"{name} {sentence}" for name in names} <= set(said)

        assert supervisor.watch_until(lambda: alive() == set(PARTS), seconds=60), alive()
        before = list(said)  # a busy machine starts slowly
        said.clear()
        # each at something that no time-out of its own ends
        with (
            frozen(ask(ours, ON_DUTY)),
            frozen(ask(ours, PULSE, "analytics relay's pulse")),
            frozen(ask(ours, PULSE, "analytics beat's pulse")),
        ):
            (tmp_path / "hangs").touch()
            assert supervisor.watch_until(lambda: is_said(*PARTS), seconds=60), (before, said)
            (tmp_path / "hangs").unlink()
            assert supervisor.watch_until(lambda: alive() == set(PARTS), seconds=60), said
        assert wait_until(lambda: alive() == set(PARTS))
