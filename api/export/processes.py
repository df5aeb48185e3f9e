"""Where work is done that would take too much of what everybody shares: in processes of its own.

There are two lanes, so that nobody who wants a small workbook waits for somebody's list of
everything. Each does so much at a time and keeps a few waiting; more than that is refused.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from threading import Lock
from typing import Any
from weakref import finalize

from api.export import helper
from api.export.helper import Work
from shared.settings import Settings

WAITING = 2
"""How many may wait, for each that is at work."""

HELD = 8
"""How many files there may be, for each that is at work: those that clients still read too."""

PATIENCE = 300.0
"""Seconds that one work may take."""

FAREWELL = 2.0
"""Seconds in which a helper ends that was let go."""

CHUNK = 256 * 1024


class FullError(Exception):
    """A lane has as much to do as it takes."""


class HelperLostError(Exception):
    """A helper ended, or was silent for too long, before the work was done."""


class Lanes:
    """Of an app. `quick`: for what takes a moment; `long`: for what takes seconds."""

    def __init__(self, settings: Settings) -> None:
        self.quick = Lane(1, waiting=16)
        self.long = Lane(settings.exports_at_once)

    def close(self) -> None:
        self.quick.close()
        self.long.close()


class Lane:
    """Does `at_once` works at a time, in the order they came."""

    def __init__(self, at_once: int, waiting: int | None = None) -> None:
        self._most_undone = at_once + (WAITING * at_once if waiting is None else waiting)
        self._most_held = max(HELD * at_once, self._most_undone)
        self._threads = ThreadPoolExecutor(at_once, "exports")
        self._idle: list[Helper] = []
        self.lock = Lock()
        self._undone: set[Errand] = set()
        self._held: set[Errand] = set()

    def take(self, work: Work) -> "Errand":
        """Begin it as soon as there is a place; raises FullError. It is to be ended in any case."""
        with self.lock:
            if len(self._undone) >= self._most_undone or len(self._held) >= self._most_held:
                raise FullError
            errand = Errand(self, work)
            self._undone.add(errand)
            self._held.add(errand)
        errand.done = self._threads.submit(self._do, errand)
        errand.done.add_done_callback(lambda _: self._undone.discard(errand))
        return errand

    def warm(self) -> None:
        """Have a helper ready."""
        self._threads.submit(lambda: self._idle.append(Helper()))

    def release(self, errand: "Errand") -> None:
        self._held.discard(errand)

    def close(self) -> None:
        """End all that is under way."""
        for errand in [*self._held]:
            errand.end()
        self._threads.shutdown()
        for each in self._idle:
            each.end()
        self._idle.clear()

    def _do(self, errand: "Errand") -> Any:
        with ExitStack() as ending:
            each = self._free_helper()
            ending.callback(each.end)
            with self.lock:
                if errand.is_over:
                    raise HelperLostError
                errand.helper = each
            reply = each.do(errand.work, errand.file.fileno())
            with self.lock:
                errand.helper = None
                if errand.is_over:  # it was let go
                    raise HelperLostError
                self._idle.append(each)
            ending.pop_all()
        if isinstance(reply, Exception):
            raise reply
        return reply

    def _free_helper(self) -> "Helper":
        while self._idle:
            each = self._idle.pop()
            if each.lives():
                return each
            each.end()
        return Helper()


class Errand:
    """One work that a lane has taken: `done` is what it returns, `file` what it wrote."""

    done: Future[Any]
    helper: "Helper | None" = None
    is_over = False

    def __init__(self, lane: Lane, work: Work) -> None:
        self.work = work
        self._lane = lane
        # It has no name, so it can't stay behind.
        self.file = TemporaryFile(buffering=0)  # noqa: SIM115 - closed by end()

    @property
    def path(self) -> Path:
        """Where it can be opened before it is over."""
        return Path(f"/proc/self/fd/{self.file.fileno()}")

    def is_opened(self) -> bool:
        """Whether somebody reads it who opened `path`."""
        ours = os.fstat(self.file.fileno())
        return sum(_is_of(ours, each) for each in Path("/proc/self/fd").iterdir()) > 1

    @property
    def size(self) -> int:
        """Bytes of what it wrote."""
        return os.fstat(self.file.fileno()).st_size

    def chunks(self) -> Iterator[bytes]:
        """What it wrote, piece by piece; then it is over."""
        try:
            self.file.seek(0)
            yield from iter(partial(self.file.read, CHUNK), b"")
        finally:
            self.end()

    def end(self) -> None:
        """Nobody waits for it any more: whatever is still under way for it ends."""
        with self._lane.lock:
            if self.is_over:
                return
            self.is_over = True
            if self.helper:
                self.helper.let_go()
        self.done.cancel()
        self.done.add_done_callback(self._forget)

    def _forget(self, _done: Future[Any]) -> None:
        # whoever still reads it finds its end, and hangs up on a client that took too long
        self.file.truncate(0)
        self.file.close()
        self._lane.release(self)


def _is_of(file: os.stat_result, descriptor: Path) -> bool:
    try:
        return os.path.samestat(file, descriptor.stat())
    except FileNotFoundError:  # it was closed meanwhile
        return False


class Helper:
    """A process of `api.export.helper`."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="analytics-export-", ignore_cleanup_errors=True)
        self._socket, theirs = socket.socketpair()
        self._socket.settimeout(PATIENCE)
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", helper.__name__, str(theirs.fileno()), self._folder.name],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                # Whoever kills all of ours at once leaves it the moment to clear up.
                start_new_session=True,
            )
        self._process = process
        self._end = finalize(self, _end, self._socket, process, self._folder)

    def lives(self) -> bool:
        return self._process.poll() is None

    def do(self, work: Work, descriptor: int) -> Any:
        """What it replies; raises HelperLostError."""
        try:
            helper.send(self._socket, work, descriptor)
            return helper.receive(self._socket)
        except (EOFError, OSError) as error:
            raise HelperLostError from error

    def let_go(self) -> None:
        """It ends by itself, and whoever waits for it hears at once."""
        with suppress(OSError):  # it has ended already
            self._socket.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """It has ended, and nothing of it is left."""
        self._end()


def _end(
    ours: socket.socket, process: subprocess.Popen[bytes], folder: TemporaryDirectory[str]
) -> None:
    ours.close()
    try:
        process.wait(FAREWELL)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    folder.cleanup()
