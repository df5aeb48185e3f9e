"""Keeps the processes of a stack running, and ends them in the reverse order of their start."""

import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, Protocol, Self

from ops import leash, processes
from ops.leash import Leash
from shared.errors import ConfigurationError

CRASHES = 5
PERIOD = 30
"""A child that ends `CRASHES` times in `PERIOD` seconds won't be helped by another start."""

_FIRST_DELAY, _LONGEST_DELAY = 0.5, 5.0


class CrashLoopError(Exception):
    """A child ends again and again; a sentence for people."""


class Child(Protocol):
    """Something with a process: a Program, or an embedded server."""

    @property
    def process(self) -> subprocess.Popen[bytes] | None: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Program:
    """A command with its children, in a process group that ends as a whole."""

    process: subprocess.Popen[bytes] | None = None

    def __init__(
        self,
        command: list[str],
        *,
        environment: dict[str, str],
        folder: Path,
        log: Path,
        leash: Leash,
    ) -> None:
        self._command = command
        self._environment = environment
        self._folder = folder
        self._log = log
        self._leash = leash

    def start(self) -> None:
        self._clear()
        self.process = processes.start(
            self._command,
            log=self._log,
            ends_by=signal.SIGTERM,
            env=self._environment,
            cwd=self._folder,
        )
        self._leash.hold(self.process.pid)

    def stop(self) -> None:
        # Celery finishes its tasks on SIGTERM and drops them on SIGQUIT; they are safe to drop.
        if self.process:
            processes.end(self.process, signal.SIGTERM, signal.SIGQUIT, patience=3)
        self._clear()

    def _clear(self) -> None:
        """A main process that crashed leaves workers behind, which would keep port and tasks."""
        if self.process:
            leash.kill(self.process.pid)
            self._leash.release(self.process.pid)
        self.process = None


@dataclass
class _Watched:
    name: str
    child: Child
    crashes: deque[float] = field(default_factory=lambda: deque(maxlen=CRASHES))
    due: float | None = None
    """When it starts again, for one that has ended."""


class Supervisor:
    """Ends its children when the `with` block ends; they are started and watched in one thread.

    `say` gets a sentence whenever a child ends unasked.
    """

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say
        self._watched: list[_Watched] = []
        self._stops = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stops.close()

    def start(self, name: str, child: Child) -> None:
        self._stops.callback(child.stop)
        child.start()
        self._watched.append(_Watched(name, child))

    def watch(self) -> NoReturn:
        """Start again whatever ends. Raises CrashLoopError for a child that doesn't stay."""
        while True:
            self._look_after_all()
            time.sleep(0.1)

    def watch_until(self, condition: Callable[[], bool], *, seconds: float) -> bool:
        """The same until the condition holds, or at last doesn't."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            self._look_after_all()
            time.sleep(0.1)
        return True

    def _look_after_all(self) -> None:
        for watched in self._watched:
            self._look_after(watched)

    def _look_after(self, watched: _Watched) -> None:
        process = watched.child.process
        if watched.due is None:
            if process is None or process.poll() is not None:
                self._has_ended(watched, f"ended with {process.returncode if process else None}")
        elif time.monotonic() >= watched.due:
            watched.due = None
            try:
                watched.child.start()
            except ConfigurationError as error:
                self._has_ended(watched, f"doesn't start: {error}")

    def _has_ended(self, watched: _Watched, how: str) -> None:
        now = time.monotonic()
        watched.crashes.append(now)
        recent = sum(now - crash < PERIOD for crash in watched.crashes)
        if recent == CRASHES:
            raise CrashLoopError(
                f"{watched.name} ended {CRASHES} times in {PERIOD} seconds: everything is stopped."
            )
        watched.due = now + min(_FIRST_DELAY * 2 ** (recent - 1), _LONGEST_DELAY)
        self._say(f"{watched.name} {how}; it is started again.")
