"""Keeps the processes of a stack running, and ends them in the reverse order of their start."""

import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import NoReturn, Protocol, Self

from ops.local import leash, processes
from ops.local.leash import Leash
from shared.errors import ConfigurationError

SILENCE = 30.0
"""Seconds without a sign of life after which a child counts as ended."""

_FIRST_DELAY, _LONGEST_DELAY = 0.5, 60.0
"""Seconds before the next start: twice as many each time, until the child stays that long."""

_LOOK = 2.0
"""Seconds between two questions whether a child lives."""

Lives = Callable[[], bool | None]
"""Whether a child gives a sign of life; None where that can't be known now. It may take seconds."""


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
    delay: float = _FIRST_DELAY
    due: float | None = None
    """When it starts again, for one that has ended."""
    started: float = field(default_factory=time.monotonic)
    lived: float = field(default_factory=time.monotonic)
    """When it last gave a sign of life, or nobody could know."""


class Supervisor:
    """Ends its children when the `with` block ends; they are started and watched in one thread.

    `say` gets a sentence whenever a child ends unasked.
    """

    def __init__(self, say: Callable[[str], object], silence: float = SILENCE) -> None:
        self.say = say
        self._silence = silence
        self._is_over = Event()
        self._watched: list[_Watched] = []
        self._stops = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._stops.close()

    def start(self, name: str, child: Child, lives: Lives | None = None) -> None:
        """`lives` is asked in a thread of its own, as what hangs may hang whoever asks."""
        self._stops.callback(child.stop)
        child.start()
        watched = _Watched(name, child)
        self._watched.append(watched)
        if lives:
            asking = Thread(target=self._ask, args=(watched, lives), name=name, daemon=True)
            asking.start()

    def watch(self, chore: Callable[[], object] = lambda: None) -> NoReturn:
        """Start again whatever ends or hangs, for ever; a `chore` is done every ten seconds."""
        due = time.monotonic()
        while True:
            self.look_after_all()
            if time.monotonic() > due:
                chore()
                due = time.monotonic() + 10
            time.sleep(0.1)

    def watch_until(self, condition: Callable[[], bool], *, seconds: float) -> bool:
        """The same until the condition holds, or at last doesn't."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            self.look_after_all()
            time.sleep(0.1)
        return True

    def look_after_all(self) -> None:
        for watched in self._watched:
            self._look_after(watched)

    def _ask(self, watched: _Watched, lives: Lives) -> None:
        while not self._is_over.wait(_LOOK):
            if lives() is not False:
                watched.lived = time.monotonic()

    def _look_after(self, watched: _Watched) -> None:
        now, process = time.monotonic(), watched.child.process
        if watched.due is None:
            if process is None or process.poll() is not None:
                self._has_ended(watched, f"ended with {process.returncode if process else None}")
            elif now - max(watched.lived, watched.started) > self._silence:
                # what doesn't answer wouldn't hear a request either
                process.kill()
                process.wait()
                self._has_ended(watched, f"has not answered for {self._silence:.0f} seconds")
            elif now - watched.started > _LONGEST_DELAY:
                watched.delay = _FIRST_DELAY
        elif now >= watched.due:
            watched.due = None
            try:
                watched.child.start()
            except (ConfigurationError, OSError) as error:
                self._has_ended(watched, f"doesn't start: {error}".rstrip("."))
            watched.started = time.monotonic()

    def _has_ended(self, watched: _Watched, how: str) -> None:
        watched.due = time.monotonic() + watched.delay
        watched.delay = min(2 * watched.delay, _LONGEST_DELAY)
        self.say(f"{watched.name} {how}; it is started again.")
