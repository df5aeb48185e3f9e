"""Server-sent events: which answer is another one now.

A stream holds no thread. Every half a second at most, one task compares what each listener was
told with what the watch knows, and asks the database once for all of them who they are today and
whose own engagement changed: a learner hears of nobody else's.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from threading import Lock
from time import monotonic
from typing import Any, ClassVar

import orjson
from flask import Response, request
from flask.views import MethodView
from sqlalchemy import Row
from sqlalchemy.exc import SQLAlchemyError

from api.access import permissions
from api.blueprint import blueprint
from api.database.freshness import Freshness, Watch, timestamp
from api.database.reader import Reader
from api.problems import RETRY_AFTER, Problem, refuse
from api.requests import parameters
from api.requests.carried import Account, carried
from api.services import service
from shared.errors import ConfigurationError
from shared.registry import FAMILIES

PACE = 0.5
"""Seconds between two rounds."""

HEARTBEAT = 15
"""Seconds after which silence is broken, so that nobody between takes the stream for dead."""

LIFETIME = 600
"""Seconds; then the client comes back and is asked for its token again."""

MOST, MOST_OF_A_USER = 2000, 10
"""Streams."""

OWN = "engagement"
"""The only family that learners hear of."""


class Subscription:
    """One client's stream: what it was told, and what it has to be told."""

    def __init__(
        self, account: Account, told: int, leave: Callable[["Subscription"], None]
    ) -> None:
        self.account = account
        self._leave = leave
        self.told = dict.fromkeys(FAMILIES if account.is_admin else (OWN,), told)
        self.digest: str | None = None
        self._events: dict[str, bytes] = {}
        self._wake = asyncio.Event()
        self._ends = monotonic() + LIFETIME

    def tell(self, family: str, fresh: Freshness, event: bytes) -> None:
        """Of several events of a family the last one is enough."""
        self.told[family] = fresh.version
        self._events[family] = event
        self._wake.set()

    def end(self) -> None:
        self._ends = 0.0
        self._wake.set()

    def leave(self) -> None:
        self._leave(self)

    async def send(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        """Events as they come, until the end."""
        await send(b"retry: 1000\n\n")
        while monotonic() < self._ends:
            try:
                await asyncio.wait_for(self._wake.wait(), HEARTBEAT)
            except TimeoutError:
                await send(b": nothing new\n\n")
            self._wake.clear()
            events, self._events = self._events, {}
            if events:
                await send(b"".join(events.values()))


class Streams:
    """All open streams of this process."""

    def __init__(self, reader: Reader, watch: Watch) -> None:
        self._reader = reader
        self._watch = watch
        self._open: set[Subscription] = set()
        self._lock = Lock()
        self._accounts_changed = False
        watch.on_accounts.append(self._suspect_accounts)

    def __len__(self) -> int:
        return len(self._open)

    def subscribe(self, account: Account, told: int) -> Subscription:
        """`told`: the last event's id, 0 for none."""
        subscription = Subscription(account, told, self._forget)
        with self._lock:
            if len(self._open) >= MOST:
                refuse(Problem.STREAMS_UNAVAILABLE, "Too many streams are open.", RETRY_AFTER)
            if sum(each.account.id == account.id for each in self._open) >= MOST_OF_A_USER:
                refuse(Problem.TOO_MANY_REQUESTS, "You have too many open streams.", RETRY_AFTER)
            self._open.add(subscription)
        return subscription

    def _forget(self, subscription: Subscription) -> None:
        subscription.end()
        with self._lock:
            self._open.discard(subscription)

    async def run(self, looked: Callable[[], Awaitable[None]]) -> None:
        """Tell everybody, for ever; `looked` returns after the watch's next look."""
        while True:
            await looked()
            with self._lock:
                everybody = list(self._open)
            await self._tell(everybody)
            await asyncio.sleep(PACE)

    async def _tell(self, everybody: Sequence[Subscription]) -> None:
        newest = self._watch.newest
        self._tell_admins([each for each in everybody if each.account.is_admin], newest)
        asked = everybody if self._accounts_changed else self._waiting_learners(everybody)
        if asked:
            self._accounts_changed = False
            try:
                await self._tell_after_asking(asked, newest)
            except (SQLAlchemyError, ConfigurationError):
                self._accounts_changed = True

    def _tell_admins(self, admins: Iterable[Subscription], newest: int) -> None:
        for family in FAMILIES:
            fresh = self._watch.freshness(family)
            behind = [each for each in admins if fresh and fresh.version > each.told[family]]
            if fresh and behind:
                event = _event(family, fresh, newest)
                for admin in behind:
                    admin.tell(family, fresh, event)

    def _waiting_learners(self, everybody: Iterable[Subscription]) -> list[Subscription]:
        fresh = self._watch.freshness(OWN)
        return [
            each
            for each in everybody
            if fresh and not each.account.is_admin and fresh.version > each.told[OWN]
        ]

    async def _tell_after_asking(self, asked: Sequence[Subscription], newest: int) -> None:
        ids = list({each.account.id for each in asked})
        began = monotonic()
        loop = asyncio.get_running_loop()
        rows = await loop.run_in_executor(None, lambda: self._rows(ids))
        if rows:
            # What the digests were read with: who asks because of an event gets no older answer.
            self._watch.learn(OWN, Freshness.of(rows[0]), began)
        found = {row.user_id: row for row in rows}
        for each in asked:
            self._tell_one(each, found.get(each.account.id), newest)

    def _rows(self, user_ids: list[int]) -> Sequence[Row[Any]]:
        return self._reader.rows("listeners", user_ids=user_ids)

    def _tell_one(self, one: Subscription, row: Row[Any] | None, newest: int) -> None:
        if row is None or not row.is_active or (row.role == "admin") != one.account.is_admin:
            one.end()
        elif not one.account.is_admin:
            fresh, known = Freshness.of(row), one.digest
            one.told[OWN], one.digest = fresh.version, row.digest
            if row.digest != known:
                one.tell(OWN, fresh, _event(OWN, fresh, newest))

    def _suspect_accounts(self) -> None:
        self._accounts_changed = True


EXAMPLE = 'id: 21\ndata: {"family":"sessions","version":17,"as_of":"2026-11-23T12:30:00.000Z"}\n\n'


@blueprint.route("/stream")
class Stream(MethodView):
    decorators: ClassVar = [permissions.listener]

    @blueprint.arguments(parameters.Stream, location="query")
    @blueprint.response(
        200,
        {"type": "string"},
        content_type="text/event-stream",
        example=EXAMPLE,
        headers={"X-Accel-Buffering": "X-Accel-Buffering"},
    )
    def get(self, query: dict[str, Any]) -> Response:
        """Server-sent events `{family, version, as_of}`, one whenever an answer changed."""
        told = request.headers.get("Last-Event-ID") or query.get("last_event_id", "")
        known = int(told) if told.isdecimal() and len(told) < len(str(parameters.LARGEST)) else 0
        if request.method == "GET":
            request_carries = carried()
            request_carries.listening = service(Streams).subscribe(request_carries.account, known)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        # an iterator: nobody knows its length
        return Response(iter(()), headers=headers, content_type="text/event-stream")


def _event(family: str, fresh: Freshness, newest: int) -> bytes:
    data = {"family": family, "version": fresh.version, "as_of": timestamp(fresh.as_of)}
    return b"id: %d\ndata: %s\n\n" % (newest, orjson.dumps(data))
