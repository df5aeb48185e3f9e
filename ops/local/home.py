"""The folder in which `analytics up` keeps its data; one stack at a time."""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from shared.errors import ConfigurationError
from shared.home import LOCK_FILE, STACK_FILE
from shared.settings import Settings

_OURS = (
    LOCK_FILE,
    f"{STACK_FILE}*",
    "secret",
    "log",
    "postgres",
    "postgres.*",
)
"""What a stack keeps in its home."""


class Home:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def locked(self) -> Generator[None]:
        """Until the end of the block, or of this process, no other stack starts here.

        Whatever we and our children write until then is for its owner alone, and so is what an
        earlier stack wrote. Raises ConfigurationError when one runs already.
        """
        umask = os.umask(0o077)
        try:
            with self._held():
                yield
        finally:
            os.umask(umask)

    @contextmanager
    def _held(self) -> Generator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = os.fdopen(os.open(self.folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600), "rb")
        except OSError as error:
            raise ConfigurationError(
                f"{self.folder} can't be the home: {error.strerror}. Choose another with --home."
            ) from None
        with lock:
            self._lock(lock)
            self.withdraw()  # what a stack that was killed could not
            self._tighten()
            try:
                yield
            finally:
                self.withdraw()

    def publish(self, stack: dict[str, Any]) -> None:
        """Tell the other commands where the servers are; with passwords, so for us alone."""
        fresh = self.folder / f"{STACK_FILE}.new"
        fresh.unlink(missing_ok=True)
        _write_private(fresh, json.dumps(stack, indent=2))
        fresh.replace(self.folder / STACK_FILE)

    def withdraw(self) -> None:
        (self.folder / STACK_FILE).unlink(missing_ok=True)

    def secret(self) -> str:
        """The key that signs tokens of our own, made once, so that they outlive a restart."""
        path = self.folder / "secret"
        if not path.exists():
            _write_private(path, secrets.token_urlsafe(48))
        return path.read_text()

    def signs(self, settings: Settings) -> bool:
        """Whether tokens are signed by that key, and so are good for nothing but this stack."""
        return (self.folder / "secret").exists() and settings.jwt_secret_key == self.secret()

    def _tighten(self) -> None:
        """Not what somebody else keeps in the same folder: `--home` may be any."""
        ours = {path for pattern in _OURS for path in self.folder.glob(pattern)}
        if ours == set(self.folder.iterdir()):
            _take_from_others(self.folder)
        for path in ours:
            _take_from_others(path)
            if path.is_dir() and not path.is_symlink():
                for within in path.rglob("*"):
                    _take_from_others(within)

    def _lock(self, lock: IO[bytes]) -> None:
        # Not at once: whoever looks whether a stack runs here holds the lock for a moment.
        for _ in range(10):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.05)
            else:
                return
        raise ConfigurationError(
            f"A stack already runs in this home, {self.folder}: `analytics info` says where; "
            "--home starts another one elsewhere."
        )


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _take_from_others(path: Path) -> None:
    """No right to anybody but the owner; a link leads elsewhere, and a socket is nobody's file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return
    with suppress(PermissionError):  # somebody else's: theirs to tighten
        os.fchmod(descriptor, os.fstat(descriptor).st_mode & 0o700)
    os.close(descriptor)
