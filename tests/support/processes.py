"""Looking at real processes, and at what they write."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

PATIENCE = 120
"""Seconds, of which what happens at all takes few, however busy the machine is."""


def wait_until(condition: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """To look takes half of the time at most: the others are at work, and may be waited for."""
    deadline = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        if condition():
            return True
        ended = time.monotonic()
        if ended > deadline:
            return False
        time.sleep(max(0.02, ended - began))


def children(pid: int, *words: str, recursive: bool = False) -> Iterator[psutil.Process]:
    """Those of the process with all these words in their command; `recursive`: theirs, too."""
    for child in psutil.Process(pid).children(recursive=recursive):
        with suppress(psutil.NoSuchProcess):  # it has ended meanwhile
            command = " ".join(child.cmdline())
            if all(word in command for word in words):
                yield child


def are_gone(processes: Iterable[psutil.Process]) -> bool:
    """Within the time; one whose parent does not wait for it has ended all the same."""
    return wait_until(lambda: all(_is_gone(process) for process in processes))


def _is_gone(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def open_to_others(folder: Path) -> set[str]:
    """The folder and whatever is in it that somebody besides its owner may read or write."""
    everything = (path for path in (folder, *folder.rglob("*")) if not path.is_symlink())
    return {str(path) for path in everything if path.stat().st_mode & 0o077}
