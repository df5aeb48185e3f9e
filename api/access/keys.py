"""The keys that MentorHub's tokens are signed with; each verifies its own algorithm only."""

import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

import structlog
from jwt import PyJWK, PyJWKSet, PyJWTError
from jwt.algorithms import HMACAlgorithm

SHARED_ALGORITHM = "HS256"

PUBLIC_ALGORITHMS = ("RS256", "ES256")

LIFETIME = 300
"""Seconds after which a key set is read again: a key that was taken out counts so much longer."""

REST = 30
"""Seconds between two readings, whatever unknown keys tokens name."""

SOON = 5
"""Seconds after which it is read again where no key was ever had."""

FETCH = Path(__file__).with_name("fetch_keys.py")

log = structlog.get_logger("analytics")


def secret_key(secret: str) -> PyJWK:
    """Of a SECRET_KEY of MentorHub."""
    return PyJWK(HMACAlgorithm.to_jwk(secret, as_dict=True), algorithm=SHARED_ALGORITHM)


class KeySet:
    """The public keys of a JWKS document: a file or a URL. What is known outlives its server.

    They are read here once, and from `start` on by a thread of its own: no request ever waits.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._keys = _public_keys(source)
        self._wanted, self._done = Event(), Event()
        self._thread = Thread(target=self._run, name="keys", daemon=True)

    def __bool__(self) -> bool:
        return bool(self._keys)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Read no more; a reading under way ends by itself."""
        self._done.set()
        self._wanted.set()

    def find(self, kid: str | None) -> PyJWK | None:
        """The key of that name; one that is not known may be new, and has the set read again."""
        key = self._keys.get(kid or "")
        if key is None:
            self._wanted.set()
        return key

    def _run(self) -> None:
        while not self._done.wait(REST if self._keys else SOON):
            if self._keys:
                self._wanted.wait(LIFETIME - REST)
                self._wanted.clear()
            if not self._done.is_set():
                self._keys = _public_keys(self._source) or self._keys


def _public_keys(source: str) -> dict[str, PyJWK]:
    """By kid; none where they can't be read."""
    try:
        return {
            key.key_id: key
            for key in PyJWKSet.from_json(_document(source)).keys
            if key.key_id
            and key.algorithm_name in PUBLIC_ALGORITHMS
            and key.public_key_use in ("sig", None)
        }
    # AttributeError: PyJWKSet's answer to a document that is no object
    # RecursionError: json.loads of one with a thousand brackets
    except (PyJWTError, OSError, ValueError, AttributeError, RecursionError) as error:
        log.warning("Analytics: JWT_JWKS can't be read: the known keys stay", reason=str(error))
        return {}


def _document(source: str) -> str:
    """Raises OSError where it can't be had, ValueError where it is no text."""
    if not source.startswith("http"):
        return Path(source).read_text()
    # -I, -S: it needs nothing but the standard library
    command = [sys.executable, "-I", "-S", str(FETCH), source]
    fetched = subprocess.run(command, capture_output=True, check=False)
    if fetched.returncode:
        raise OSError(fetched.stderr.decode(errors="replace").strip() or "It took too long.")
    return fetched.stdout.decode()
