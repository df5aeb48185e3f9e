"""A hundred open dashboards beside 200 commits a second: what they cost, told and polling."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Event, Thread

import psycopg

from benchmarks.live import Live, demo, mixed, paced
from benchmarks.measuring import Result, at_least, result

DASHBOARDS = 100

ADMINS = 20
"""An account may have ten streams."""

RATE = 200
"""Commits a second."""

PAUSE = 1.0
"""Seconds: as often asks a page that polls, and one that is told asks for the same at most."""

SELDOM = 10.0
"""Seconds after which a page that is told asks for everything, so that as-of is of now."""

SETTLED = 25
"""Seconds until the first answers are forgotten: nobody opens a hundred pages at once."""

PATHS = {
    "platform": ["platform?compare=previous"],
    "user_growth": ["user-growth?days=30&compare=previous"],
    "sessions": ["sessions?days=30&compare=previous"],
    "revenue": ["revenue?days=30&compare=previous"],
    "courses": ["courses?sort=enrollments&order=desc&limit=10"],
    "metrics/session_day": ["metrics/session_day?days=30&by=day"],
    "metrics/mentor_name": ["metrics/mentor_name?by=mentor_id,username&mentor_id=1,2,3,4,5"],
    "": ["goals?metric=user_day", "goals?metric=payment_day", "alerts", "alerts/fired?limit=20"],
}
"""What the first page asks for, by the family whose change is told; of entries none is."""

EVERYTHING = [path for paths in PATHS.values() for path in paths]


@dataclass
class Meter:
    """What dashboards asked for and got, and what it cost."""

    statuses: Counter[int] = field(default_factory=Counter[int])
    bytes: int = 0
    events: int = 0
    commits: int = 0
    cpu: Counter[str] = field(default_factory=Counter[str])


def measure(users: int = 20_000, seconds: float = 30) -> Iterator[Result]:
    """`seconds`: of each of the two."""
    with demo(users) as live:
        with psycopg.connect(live.source_url, autocommit=True) as source:
            source.execute("UPDATE users SET role = 'ADMIN' WHERE id <= %s", [ADMINS])
        polling = _beside_commits(live, seconds, is_told=False)
        told = _beside_commits(live, seconds, is_told=True)
    yield from _results("that poll each second", polling, seconds)
    yield from _results("that are told", told, seconds)
    ratio = told.cpu["the API"] / polling.cpu["the API"]
    yield result("the API's CPU: dashboards that are told / that poll", ratio, "x", 0.5)


def _results(who: str, meter: Meter, seconds: float) -> Iterator[Result]:
    what = f"{DASHBOARDS} dashboards {who}"
    yield at_least(f"{what}: commits beside", meter.commits / seconds, "1/s", 0.95 * RATE)
    for kind, spent in meter.cpu.most_common(5):
        yield result(f"{what}: CPU of {kind}", spent / 10 / seconds, "% of a core")
    asked = meter.statuses.total()
    yield result(f"{what}: requests", asked / seconds, "1/s")
    yield result(f"{what}: of them 304", meter.statuses[304] / seconds, "1/s")
    yield result(f"{what}: refused", asked - meter.statuses[200] - meter.statuses[304], "", 0)
    yield result(f"{what}: received", meter.bytes / seconds / 1024, "KiB/s")
    yield result(f"{what}: events", meter.events / seconds, "1/s")


def _beside_commits(live: Live, seconds: float, *, is_told: bool) -> Meter:
    meter, done = Meter(), Event()
    writer = Thread(target=_commit, args=(live.source_url, meter, done))
    writer.start()
    try:
        return asyncio.run(_open(live, meter, seconds, is_told=is_told))
    finally:
        done.set()
        writer.join()


def _commit(url: str, meter: Meter, done: Event) -> None:
    with psycopg.connect(url, autocommit=True) as source:
        for number in paced(RATE, 3600):
            if done.is_set():
                return
            source.execute(*mixed(number))
            meter.commits += 1


async def _open(live: Live, meter: Meter, seconds: float, *, is_told: bool) -> Meter:
    tokens = [live.token(1 + number % ADMINS) for number in range(DASHBOARDS)]
    pages = [_Page(live.address, token, meter) for token in tokens]
    tasks = [asyncio.create_task(page.told() if is_told else page.poll()) for page in pages]
    await asyncio.sleep(SETTLED)
    before, cpu = _copy(meter), live.cpu()
    await asyncio.sleep(seconds)
    spent = live.cpu() - cpu
    after = _copy(meter)
    for task in tasks:
        task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended
    return Meter(
        after.statuses - before.statuses,
        after.bytes - before.bytes,
        after.events - before.events,
        after.commits - before.commits,
        spent,
    )


def _copy(meter: Meter) -> Meter:
    return Meter(meter.statuses.copy(), meter.bytes, meter.events, meter.commits)


_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Page:
    """One dashboard: a connection to ask over, and one for its stream."""

    def __init__(self, address: str, token: str, meter: Meter) -> None:
        self._host, _, port = address.partition(":")
        self._port = int(port)
        self._token = token
        self._meter = meter
        self._tags: dict[str, str] = {}
        self._changed: set[str] = set()
        self._open: _Connection | None = None

    async def poll(self) -> None:
        """Everything, each second, knowing of nothing that it had."""
        while True:
            for path in EVERYTHING:
                await self._ask(path)
                self._tags.clear()
            await asyncio.sleep(PAUSE)

    async def told(self) -> None:
        """What changed, once a second at most, and everything seldom."""
        listening = asyncio.create_task(self._listen())
        try:
            loop = asyncio.get_running_loop()
            whole = loop.time()
            while not listening.done():
                if loop.time() >= whole:
                    self._changed, whole = {*PATHS}, loop.time() + SELDOM
                changed, self._changed = self._changed, set()
                for path in (path for family in changed for path in PATHS.get(family, ())):
                    await self._ask(path)
                await asyncio.sleep(PAUSE)
            await listening
        finally:
            listening.cancel()

    async def _connect(self) -> _Connection:
        return await asyncio.open_connection(self._host, self._port)

    def _request(self, path: str, headers: str = "") -> bytes:
        return (
            f"GET /api/v1/analytics/{path} HTTP/1.1\r\nHost: {self._host}\r\n"
            f"Authorization: Bearer {self._token}\r\n{headers}\r\n"
        ).encode()

    async def _ask(self, path: str) -> None:
        """Over the connection that is open, or another one where the API has closed that."""
        tag = self._tags.get(path)
        request = self._request(path, f"If-None-Match: {tag}\r\n" if tag else "")
        if self._open is None:
            self._open = await self._connect()
        reader, writer = self._open
        try:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
            self._open = None
            return await self._ask(path)
        lines = (line.partition(": ") for line in head.split("\r\n")[1:-2])
        headers = {name.lower(): value for name, _, value in lines}
        length = int(headers.get("content-length", 0))
        await reader.readexactly(length)
        self._meter.statuses[int(head.split(" ", 2)[1])] += 1
        self._meter.bytes += len(head) + length
        self._tags[path] = headers.get("etag", "")
        return None

    async def _listen(self) -> None:
        reader, writer = await self._connect()
        writer.write(self._request("stream"))
        async for line in reader:
            self._meter.bytes += len(line)
            if line.startswith(b"data: "):
                self._meter.events += 1
                self._changed.add(json.loads(line.removeprefix(b"data: "))["family"])
        writer.close()
