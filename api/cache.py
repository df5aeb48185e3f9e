"""Bodies that were read before: in this process by request, in Redis by answer.

Nothing is ever invalidated. An entry bears the stamp of the rows it was made of, and is served only
while the watch knows the rows to have that stamp: no event can be lost that matters, and a slow
reader that stores an old body late stores one that nobody takes.
"""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from threading import Lock
from time import monotonic
from typing import Any, cast

import orjson
import structlog
from cachetools import LRUCache
from flask import current_app
from redis import Redis, RedisError

from api.watch import Freshness, Stamp, Watch
from shared.registry import FAMILIES
from shared.settings import Settings

EXTENSION = "analytics-cache"

KEY_PREFIX = "mentorhub-analytics:answer:"

MOST_BYTES = 64 * 2**20
"""Of bodies in memory."""

LARGEST = 8 * 2**20
"""Larger bodies are read anew each time."""

REDIS_PATIENCE = 0.1
"""Seconds that Redis may take."""

REDIS_REST = 1.0
"""Seconds that Redis is left alone when it took longer, or failed."""

log = structlog.get_logger("analytics")


@dataclass(frozen=True, slots=True)
class Entry:
    """A JSON body, and the headers that say the same as long as it does."""

    family: str
    stamp: Stamp
    etag: str
    headers: list[tuple[str, str]]
    body: bytes


Found = tuple[Entry, Freshness]


class Cache:
    """Without a Redis, or while it fails, answers are remembered in this process alone."""

    def __init__(self, settings: Settings, watch: Watch) -> None:
        self._watch = watch
        self._requests: LRUCache[object, Entry] = LRUCache(MOST_BYTES, _size)
        self._lock = Lock()
        self._hits: Counter[str] = Counter()
        self._redis = _redis(settings.redis_url) if settings.redis_url else None
        self._redis_rests_until = 0.0
        self._reported = 0.0
        watch.on_look.append(self._report)

    def remembered(self, request: object) -> Found | None:
        """What this process answered to the same request, where it is the answer still."""
        with self._lock:
            return self._fitting(self._requests.get(request))

    def remember(self, request: object, entry: Entry) -> None:
        if len(entry.body) <= LARGEST:
            with self._lock:
                self._requests[request] = entry

    def find(self, family: str, name: str) -> Found | None:
        """What any process of ours stored under the name, where it is the answer still."""
        if not self._watch.freshness(family):
            return None
        with self._redis_if_well() as redis:
            stored = redis and cast("bytes | None", redis.get(KEY_PREFIX + name))
            return self._fitting(_unpacked(stored)) if stored else None
        return None

    def store(self, name: str, entry: Entry) -> None:
        if len(entry.body) <= LARGEST:
            with self._redis_if_well() as redis:
                if redis:
                    redis.set(KEY_PREFIX + name, _packed(entry), ex=FAMILIES[entry.family].ttl)

    def _fitting(self, entry: Entry | None) -> Found | None:
        fresh = entry and self._watch.freshness(entry.family)
        if not entry or not fresh or fresh.stamp != entry.stamp:
            return None
        self._hits[entry.family] += 1
        return entry, fresh

    def _report(self) -> None:
        """Once a second: a line for each hit would cost more than the hit."""
        if monotonic() < self._reported + 1:
            return
        self._reported = monotonic()
        with self._lock:
            hits, self._hits = self._hits, Counter()
        for family, count in hits.items():
            log.info("Analytics: Cache hit for %s", family, family=family, hits=count)

    @contextmanager
    def _redis_if_well(self) -> Generator[Redis | None]:
        try:
            yield self._redis if monotonic() >= self._redis_rests_until else None
        except (RedisError, ValueError, KeyError, TypeError) as error:
            self._redis_rests_until = monotonic() + REDIS_REST
            log.warning("Analytics: answers are not shared through Redis: %s", error)


def _redis(url: str) -> Redis:
    patience = {"socket_timeout": REDIS_PATIENCE, "socket_connect_timeout": REDIS_PATIENCE}
    return Redis.from_url(url, **patience)  # pyright: ignore[reportUnknownMemberType]


def _size(entry: Entry) -> int:
    return len(entry.body)


def _packed(entry: Entry) -> bytes:
    """One line about the body, and the body."""
    about = asdict(entry)
    body = about.pop("body")
    return orjson.dumps(about) + b"\n" + body


def _unpacked(stored: bytes) -> Entry:
    """Raises ValueError, KeyError or TypeError for what somebody else stored there."""
    line, _, body = stored.partition(b"\n")
    about: dict[str, Any] = orjson.loads(line)
    version, today, timezone, currency = about["stamp"]
    return Entry(
        family=about["family"],
        stamp=(version, date.fromisoformat(today), timezone, currency),
        etag=about["etag"],
        headers=[(name, value) for name, value in about["headers"]],
        body=body,
    )


def cache() -> Cache:
    """The cache of the app that handles this request."""
    return cast("Cache", current_app.extensions[EXTENSION])
