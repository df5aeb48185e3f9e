"""The home folder, as far as every process must know it: whether a stack runs there, and where."""

import fcntl
import json
from pathlib import Path
from typing import Any

LOCK_FILE = "lock"
"""Locked as long as `analytics up` runs in the home, however it ends."""

STACK_FILE = "stack.json"
"""Where the servers of that `analytics up` are reached."""


def running_stack(home: Path) -> dict[str, Any] | None:
    """What the stack of this home says of itself; None when none runs, or isn't ready yet."""
    try:
        return json.loads((home / STACK_FILE).read_text()) if _is_locked(home) else None
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None


def _is_locked(home: Path) -> bool:
    with (home / LOCK_FILE).open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
