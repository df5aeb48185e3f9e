"""Kills what we leave behind: a tiny process that hears, through a pipe, of our end.

The kernel's parent-death signal reaches a child and not the child's children: Granian's and
Celery's worker processes would survive a SIGKILL of ours.
"""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import Self


class Leash:
    _process: subprocess.Popen[str]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(BrokenPipeError):
            self._process.communicate()

    def hold(self, group: int) -> None:
        """The process group `group` ends when we do."""
        self._say(group)

    def release(self, group: int) -> None:
        """It has ended; its number may be given to others."""
        self._say(group)

    def _say(self, group: int) -> None:
        with suppress(BrokenPipeError):
            print(group, file=self._process.stdin, flush=True)


def kill(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _main() -> None:
    groups: set[int] = set()
    for line in sys.stdin:
        groups ^= {int(line)}
    for group in groups:
        kill(group)


if __name__ == "__main__":
    _main()
