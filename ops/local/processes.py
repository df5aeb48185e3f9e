"""Child processes that never outlive us."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, TypedDict, Unpack

_PR_SET_PDEATHSIG = 1


class Surroundings(TypedDict, total=False):
    """What Popen takes, as far as it differs between our children."""

    stdin: IO[Any] | int
    cwd: str | Path
    env: dict[str, str]
    pass_fds: tuple[int, ...]
    user: int | None
    group: int | None
    extra_groups: list[str | int] | None


def start(
    command: Sequence[str | Path],
    *,
    log: Path,
    ends_by: int,
    **surroundings: Unpack[Surroundings],
) -> subprocess.Popen[bytes]:
    """A child in a session of its own (Ctrl-C is for us to hear) that appends to `log`.

    When we end, even by SIGKILL, the kernel sends it `ends_by`: Linux only, and there "we" are the
    *thread* that calls this, so call it in a lasting one.
    """
    us, prctl = os.getpid(), ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def tie() -> None:
        if prctl:
            prctl(_PR_SET_PDEATHSIG, ends_by)
        if os.getppid() != us:
            os._exit(1)

    log.parent.mkdir(parents=True, exist_ok=True)
    defaults: Surroundings = {"stdin": subprocess.DEVNULL}
    with log.open("ab") as output, warnings.catch_warnings():
        # Python 3.12 and newer warn of a fork beside threads; `tie` takes no lock they could hold.
        warnings.simplefilter("ignore", DeprecationWarning)
        return subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=tie,  # noqa: PLW1509 - see above
            **defaults | surroundings,
        )


def end(
    process: subprocess.Popen[bytes], gently: int, firmly: int, *, patience: float = 20
) -> None:
    """Ask with `gently`, after `patience` seconds with `firmly`, and at last insist."""
    for request in (gently, firmly, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(request)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue


LARGEST_LOG = 16 * 2**20
"""Bytes; of each log the present one and the one before are kept."""


def rotate(folder: Path) -> None:
    """Logs are copied and emptied, as who writes them holds them open (and appends)."""
    for log in folder.glob("*.log"):
        if log.stat().st_size > LARGEST_LOG:
            with suppress(OSError):  # a full disk takes no copy, and needs the place
                shutil.copyfile(log, log.with_suffix(".log.1"))
            os.truncate(log, 0)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
