"""Child processes that never outlive us."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def ends_with_us(request: int) -> Callable[[], None] | None:
    """A `preexec_fn`: the kernel sends `request` to the child when we end, even by SIGKILL.

    Linux only, and there "we" are the *thread* that starts the child: start them in a lasting one.
    It makes two system calls and takes no lock, so it is safe beside other threads.
    """
    if sys.platform != "linux":
        return None
    us, prctl = os.getpid(), ctypes.CDLL(None).prctl

    def prepare() -> None:
        prctl(_PR_SET_PDEATHSIG, request)
        if os.getppid() != us:
            os._exit(1)

    return prepare


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


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
