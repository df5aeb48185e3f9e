"""Bodies that were read before: in this process, and in Redis for the next one.

Nothing is ever invalidated. An entry bears the stamp of the rows it was made of, and is served only
while the watch knows the rows to have that stamp: no event can be lost that matters, and a slow
reader that stores an old body late stores one that nobody takes.

An answer is kept once, whatever formats, spellings and orders of parameters it is asked for in.
Everything kept has a bound in bytes, what it is kept under included.
"""

import hmac
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import blake2b, sha256
from sys import getsizeof
from threading import Lock
from time import monotonic
from typing import Any, NamedTuple, cast

import orjson
import structlog
from cachetools import LRUCache
from psycopg.conninfo import conninfo_to_dict
from redis import Redis, RedisError

from api.database.freshness import Freshness, Stamp, Watch
from api.export.listing import Listing
from api.requests.carried import Spelling
from shared.registry import FAMILIES
from shared.settings import Settings

KEY_PREFIX = "mentorhub-analytics:"

MOST_BYTES = 64 * 2**20
"""Of answers in memory."""

LARGEST = 8 * 2**20
"""Larger ones are read anew each time."""

MOST_BYTES_OF_SPELLINGS = 2 * 2**20
"""Of requests whose answer is known without reading their parameters."""

PLACES = 512
"""That Redis has for answers: of two that fall on the same place the later one stays."""

LARGEST_SHARED = 64 * 2**10
"""Larger answers are not kept in Redis, so all of them take 32 MB at most."""

REDIS_PATIENCE = 0.1
"""Seconds that Redis may take."""

REDIS_REST = 1.0
"""Seconds that Redis is left alone when it took longer, or failed."""

PACKING = "answers 2"
"""Another one for another way to write entries down: what was written before is nothing then."""

MEMORY_CHECK = 1.0
"""Seconds between two looks at how full Redis is."""

LOGGED_AS = {"platform": "platform_stats"}
"""What people look for in the log, where that is not the family's name."""

log = structlog.get_logger("analytics")


@dataclass(slots=True)
class Entry:
    """A JSON body, and the headers that say the same as long as it does.

    `name`: of the answer: its query and all parameters as they were understood.
    `next_cursor`: where the next page begins, if it is one.
    `shared`: whether Redis has got it, or need not.
    `listing`: writes the body, where that is too long to be held; then `body` is an empty object.
    """

    name: str
    family: str
    stamp: Stamp
    etag: str
    headers: list[tuple[str, str]]
    body: bytes
    next_cursor: str | None = None
    shared: bool = False
    listing: Listing | None = None

    @property
    def size(self) -> int:
        """Bytes in memory, headers and all."""
        headers = sum(getsizeof(part) for pair in self.headers for part in (pair, *pair))
        told = (self.name, self.stamp, self.etag, self.headers, self.body, self.next_cursor)
        return getsizeof(self) + sum(map(getsizeof, told)) + headers + OVERHEAD


OVERHEAD = 512
"""Bytes that a cache spends on each entry by itself: its dictionaries and their order."""


Found = tuple[Entry, Freshness]


class _Name(NamedTuple):
    """An answer's name, and the request that it was found for."""

    text: str
    spelling: Spelling

    @property
    def size(self) -> int:
        path, query, _ = self.spelling
        return getsizeof(path) + getsizeof(query) + OVERHEAD


class Cache:
    """Without a Redis, or while it fails, answers are remembered in this process alone."""

    def __init__(self, settings: Settings, watch: Watch) -> None:
        self._watch = watch
        self._answers: LRUCache[str, Entry] = LRUCache(MOST_BYTES, lambda entry: entry.size)
        self._spellings: LRUCache[Spelling, _Name] = LRUCache(
            MOST_BYTES_OF_SPELLINGS, lambda name: name.size
        )
        self._lock = Lock()
        self._prefix = _prefix(settings)
        self._key = _key(settings, self._prefix)
        self._room_known = (float("-inf"), False)
        self._hits: Counter[str] = Counter()
        self.all_hits: Counter[str] = Counter()
        url = settings.answers_url()
        self._redis = _redis(url) if url and self._key else None
        self._redis_rests_until = 0.0
        self._reported = 0.0
        watch.on_look.append(self._report)

    def __len__(self) -> int:
        return len(self._answers)

    def remembered(self, spelling: Spelling) -> Found | None:
        """What this process answered to the same request, where it is the answer still."""
        with self._lock:
            name = self._spellings.get(spelling)
            found = self._fitting(self._answers.get(name.text)) if name else None
        return self._asked_again(found)

    def remember(self, spelling: Spelling, entry: Entry) -> None:
        with self._lock:
            self._spellings[spelling] = _Name(entry.name, spelling)

    def find(self, family: str, name: str) -> Found | None:
        """What any process of ours stored under the name, where it is the answer still."""
        if not self._watch.freshness(family):
            return None
        with self._lock:
            found = self._fitting(self._answers.get(name))
        if found:
            return self._asked_again(found)
        with self._redis_if_well() as redis:
            stored = redis and cast("bytes | None", redis.get(self.place(name)))
            packed = _proven(stored, self._key) if stored else None
            entry = _unpacked(packed) if packed else None
            if entry and entry.name == name:
                with self._lock:
                    found = self._fitting(entry)
                    if found:
                        self._answers[name] = entry
        return found

    def store(self, entry: Entry) -> None:
        if entry.size <= LARGEST:
            with self._lock:
                self._answers[entry.name] = entry

    def place(self, name: str) -> str:
        """Where Redis has the answer of that name, or another one that came later."""
        number = int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) % PLACES
        return f"{self._prefix}:answer:{number}"

    def _asked_again(self, found: Found | None) -> Found | None:
        """Only what somebody asks for twice is worth a place in Redis: nobody walks pages twice."""
        if found and not found[0].shared:
            self._share(found[0])
        return found

    def _share(self, entry: Entry) -> None:
        entry.shared = True
        if entry.listing or len(entry.body) > LARGEST_SHARED:
            return
        with self._redis_if_well() as redis:
            if redis and self._has_room(redis):
                signed = _signed(_packed(entry), self._key)
                redis.set(self.place(entry.name), signed, ex=FAMILIES[entry.family].ttl)

    def _has_room(self, redis: Redis) -> bool:
        """Whether less than half is used of what Redis may use: the rest is for the queue."""
        looked, room = self._room_known
        if monotonic() >= looked + MEMORY_CHECK:
            memory = cast("dict[str, int]", redis.info("memory"))
            most = memory.get("maxmemory", 0)
            room = not most or memory["used_memory"] + LARGEST_SHARED < most / 2
            self._room_known = monotonic(), room
        return room

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
            self.all_hits.update(hits)
        for family, count in hits.items():
            name = LOGGED_AS.get(family, family)
            log.info("Analytics: Cache hit for %s", name, family=family, hits=count)

    @contextmanager
    def _redis_if_well(self) -> Generator[Redis | None]:
        try:
            yield self._redis if monotonic() >= self._redis_rests_until else None
        except RedisError as error:
            self._redis_rests_until = monotonic() + REDIS_REST
            log.warning("Analytics: answers are not shared through Redis: %s", error)


def _redis(url: str) -> Redis:
    patience = {"socket_timeout": REDIS_PATIENCE, "socket_connect_timeout": REDIS_PATIENCE}
    return Redis.from_url(url, **patience)  # pyright: ignore[reportUnknownMemberType]


def _prefix(settings: Settings) -> str:
    """It names the analytics database: two of them may share a Redis."""
    url = conninfo_to_dict(settings.read_database_url or settings.analytics_url())
    place = orjson.dumps([str(url.get(part, "")) for part in ("host", "port", "dbname")])
    return KEY_PREFIX + blake2b(place, digest_size=6).hexdigest()


def _key(settings: Settings, prefix: str) -> bytes:
    """What entries are signed with, so that nobody who reaches Redis writes answers of ours.

    Made of the tokens' secret, and another one for each analytics database and way to pack. Empty
    where there is no secret: what can't be proven is not shared.
    """
    secret, *_ = [*settings.secret_keys(), ""]
    return hmac.digest(secret.encode(), f"{prefix} {PACKING}".encode(), sha256) if secret else b""


def _signed(packed: bytes, key: bytes) -> bytes:
    return hmac.digest(key, packed, sha256) + packed


def _proven(stored: bytes, key: bytes) -> bytes | None:
    """What we have signed; None where somebody else wrote it."""
    signature, packed = stored[: sha256().digest_size], stored[sha256().digest_size :]
    return packed if hmac.compare_digest(signature, hmac.digest(key, packed, sha256)) else None


def _packed(entry: Entry) -> bytes:
    """One line about the body, and the body."""
    about = asdict(entry)
    body = about.pop("body")
    del about["shared"], about["listing"]
    return orjson.dumps(about) + b"\n" + body


def _unpacked(stored: bytes) -> Entry:
    line, _, body = stored.partition(b"\n")
    about: dict[str, Any] = orjson.loads(line)
    version, today, timezone, currency = about["stamp"]
    return Entry(
        name=about["name"],
        family=about["family"],
        stamp=(version, date.fromisoformat(today), timezone, currency),
        etag=about["etag"],
        headers=[(name, value) for name, value in about["headers"]],
        body=body,
        next_cursor=about["next_cursor"],
        shared=True,
    )
