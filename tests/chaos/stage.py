"""MentorHub's server, ours and Redis, each behind a gate, and `analytics up` between them."""

import json
import os
import subprocess
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from ops import demo
from ops.local.embedded import Postgres, Redis, wheel_binaries
from ops.local.processes import free_port
from shared.home import running_stack
from tests.chaos.claims import found
from tests.chaos.gate import Gate
from tests.support.processes import children, wait_until
from tests.support.stack import ANALYTICS
from tests.support.tokens import KEY

DISK = 1_500
"""Megabytes of the disk that our server has to itself."""

_FAKETIME = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


@dataclass
class Stage:
    """`gates`: by whom they lead to: mentorhub, analytics, redis."""

    folder: Path
    theirs: Postgres
    ours: Postgres
    redis: Redis
    gates: dict[str, Gate]
    port: int
    up: subprocess.Popen[bytes]
    disk: Path | None
    clock: Path | None

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @cached_property
    def environment(self) -> dict[str, str]:
        return _environment(self.gates, self.redis) | {"ANALYTICS_HOME": str(self.home)}

    def status(self) -> tuple[int | None, str]:
        """Exit code, None where there was none in time, and what `analytics status` said."""
        try:
            told = subprocess.run(
                [ANALYTICS, "status"],
                cwd=self.folder,
                env={"PATH": os.defpath, "COLUMNS": "200", **self.environment},
                capture_output=True,
                text=True,
                check=False,
                timeout=20,
            )
        except subprocess.TimeoutExpired:
            return None, "nothing within 20 s"
        return told.returncode, told.stdout + told.stderr

    def server(self, which: str) -> Postgres:
        return {"theirs": self.theirs, "ours": self.ours}[which]

    def part(self, *words: str) -> psutil.Process | None:
        """The child of `up` with these words in its command."""
        return next(children(self.up.pid, *words), None)

    def jump(self, seconds: int) -> None:
        """Set both servers' clocks off by so much."""
        assert self.clock
        self.clock.write_text(f"{seconds:+d}")


@contextmanager
def staged(folder: Path) -> Generator[Stage]:
    """Everything runs and answers when the block begins; nothing is left at its end."""
    folder.chmod(0o755)  # servers of root's run as somebody else
    clock = folder / "clock" if _FAKETIME else None
    binaries = _with_clock(folder, clock) if clock else None
    with ExitStack() as stack:
        disk = _disk(folder / "disk", stack)
        theirs = stack.enter_context(_server(folder / "theirs", binaries))
        ours = stack.enter_context(_server((disk or folder) / "ours", binaries))
        redis = stack.enter_context(Redis(folder / "redis"))
        theirs.create_database("mentorhub")
        ours.create_database("analytics")
        demo.create_tables(theirs.url("mentorhub"))
        found(theirs.url("mentorhub"))
        gates = {
            "mentorhub": stack.enter_context(Gate(_socket(theirs))),
            "analytics": stack.enter_context(Gate(_socket(ours))),
            "redis": stack.enter_context(Gate(urlsplit(redis.url()).port or 0)),
        }
        port = free_port()
        up = stack.enter_context(_up(folder, port, _environment(gates, redis)))
        yield Stage(folder, theirs, ours, redis, gates, port, up, disk, clock)


def _server(data: Path, binaries: Path | None) -> Postgres:
    settings = {"fsync": "off", "max_wal_size": "128MB", "max_slot_wal_keep_size": "512MB"}
    return Postgres(data, binaries=binaries, settings=settings)


def _socket(server: Postgres) -> Path:
    query = urlsplit(server.url()).query
    return Path(query.removeprefix("host=").replace("%2F", "/")) / ".s.PGSQL.5432"


def _environment(gates: dict[str, Gate], redis: Redis) -> dict[str, str]:
    password = urlsplit(redis.url()).password
    # noon where the numbers are reported, so that no midnight comes in between
    hours = datetime.now(UTC).hour - 12
    return {
        "SOURCE_DATABASE_URL": f"postgresql://postgres@127.0.0.1:{gates['mentorhub'].port}/mentorhub",
        "ANALYTICS_DATABASE_URL": f"postgresql://postgres@127.0.0.1:{gates['analytics'].port}/analytics",
        "REDIS_URL": f"redis://:{password}@127.0.0.1:{gates['redis'].port}/0",
        "JWT_SECRET_KEY": KEY,
        "ANALYTICS_TIMEZONE": f"Etc/GMT{hours:+d}" if hours else "Etc/GMT",
        "RATE_LIMIT_PER_USER": "",
    }


def _disk(folder: Path, stack: ExitStack) -> Path | None:
    """A small disk, where we may make one."""
    folder.mkdir()
    made = subprocess.run(
        ["/usr/bin/mount", "-t", "tmpfs", "-o", f"size={DISK}m,mode=755", "tmpfs", folder],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        return None
    stack.callback(subprocess.run, ["/usr/bin/umount", "--lazy", folder], check=True)
    return folder


def _with_clock(folder: Path, clock: Path) -> Path:
    """PostgreSQL's binaries, whose clock a file sets (Debian's package faketime)."""
    clock.write_text("+0")
    binaries = folder / "bin"
    binaries.mkdir()
    settings = {
        "LD_PRELOAD": str(_FAKETIME[0]),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    words = " ".join(f"{name}={value}" for name, value in settings.items())
    for program in wheel_binaries().iterdir():
        script = binaries / program.name
        prefix = f"env {words} " if program.name == "postgres" else ""
        script.write_text(f'#!/bin/sh\nexec {prefix}{program} "$@"\n')
        script.chmod(0o755)
    return binaries


@contextmanager
def _up(folder: Path, port: int, environment: dict[str, str]) -> Generator[subprocess.Popen[bytes]]:
    home = folder / "home"
    said = folder / "up.out"
    with said.open("wb") as output:
        up = subprocess.Popen(
            [ANALYTICS, "up", "--no-demo", "--port", str(port), "--home", home],
            cwd=folder,
            env={"PATH": os.defpath, **environment},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        assert wait_until(lambda: bool(_described(home)) or up.poll() is not None)
        assert up.poll() is None, said.read_text()
        yield up
        assert up.poll() is None, said.read_text()
    finally:
        up.terminate()
        up.wait(60)


def _described(home: Path) -> dict[str, Any] | None:
    try:
        return running_stack(home)
    except (OSError, json.JSONDecodeError):
        return None
