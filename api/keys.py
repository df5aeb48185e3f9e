"""The keys that MentorHub's tokens are signed with; each verifies its own algorithm only."""

from pathlib import Path
from threading import Lock
from time import monotonic

import structlog
from jwt import PyJWK, PyJWKClient, PyJWKSet, PyJWTError
from jwt.algorithms import HMACAlgorithm

SHARED_ALGORITHM = "HS256"

PUBLIC_ALGORITHMS = ("RS256", "ES256")

LIFETIME = 300
"""Seconds after which a key set is read again: a key that was taken out counts so much longer."""

REST = 30
"""Seconds between two readings, whatever unknown keys tokens name."""

TIMEOUT = 2

log = structlog.get_logger("analytics")


def secret_key(secret: str) -> PyJWK:
    """Of a SECRET_KEY of MentorHub."""
    return PyJWK(HMACAlgorithm.to_jwk(secret, as_dict=True), algorithm=SHARED_ALGORITHM)


class KeySet:
    """The public keys of a JWKS document: a file or a URL. What is known outlives its server."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._keys: dict[str, PyJWK] = {}
        self._read_at = float("-inf")
        self._reading = Lock()

    def __bool__(self) -> bool:
        return bool(self._keys)

    def find(self, kid: str | None) -> PyJWK | None:
        """The key of that name; a name that is not known may be a new key's."""
        if kid in self._keys:
            self._read(after=LIFETIME, wait=False)
        else:
            self._read(after=REST, wait=True)
        return self._keys.get(kid or "")

    def _read(self, *, after: float, wait: bool) -> None:
        if self._is_due(after) and self._reading.acquire(blocking=wait):
            try:
                # Whoever waited finds it done.
                if self._is_due(after):
                    self._keys = _public_keys(self._source) or self._keys
                    self._read_at = monotonic()
            finally:
                self._reading.release()

    def _is_due(self, after: float) -> bool:
        return monotonic() - self._read_at >= after


def _public_keys(source: str) -> dict[str, PyJWK]:
    """By kid; none where they can't be read."""
    try:
        return {
            key.key_id: key
            for key in _key_set(source).keys
            if key.key_id
            and key.algorithm_name in PUBLIC_ALGORITHMS
            and key.public_key_use in ("sig", None)
        }
    # AttributeError: PyJWKSet's answer to a document that is no object
    except (PyJWTError, OSError, ValueError, AttributeError) as error:
        log.warning("Analytics: JWT_JWKS can't be read: the known keys stay", reason=str(error))
        return {}


def _key_set(source: str) -> PyJWKSet:
    if source.startswith("http"):
        # Its own cache forgets the keys while the server is away.
        return PyJWKClient(source, cache_jwk_set=False, timeout=TIMEOUT).get_jwk_set()
    return PyJWKSet.from_json(Path(source).read_text())
