"""How a browser keeps answers (RFC 9111's private cache), for a page that polls by fetch()."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from tests.support.server import Answer, Client

HEURISTIC = 0.1
"""Of the time since Last-Modified: how long browsers take an answer for fresh that says nothing."""


@dataclass
class Kept:
    """`asked`: what the headers were that Vary names."""

    answer: Answer
    headers: dict[str, str]
    asked: dict[str, str | None]
    since: float

    @property
    def is_fresh(self) -> bool:
        control = self.headers.get("cache-control", "").lower()
        if "no-cache" in control:
            return False
        lasts = re.search(r"max-age=(\d+)", control)
        lifetime = float(lasts[1]) if lasts else HEURISTIC * 86_400
        return time.time() - self.since < lifetime


class Browser:
    """What a page sees of an address, and the statuses that went over the wire for it."""

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}
        self.wire: list[int] = []

    def get(self, client: Client, place: str, **headers: str) -> Answer:
        known = self._kept.get(place)
        asked = {**client.identity, **headers}
        if known and not _fits(known, asked):
            known = None
        if known and known.is_fresh:
            return known.answer
        conditions = {}
        if known and "etag" in known.headers:
            conditions["If-None-Match"] = known.headers["etag"]
        if known and "last-modified" in known.headers:
            conditions["If-Modified-Since"] = known.headers["last-modified"]
        answer = client.get(place, **headers, **conditions)
        self.wire.append(answer.status)
        told = {name.lower(): value for name, value in answer.headers.items()}
        if known and answer.status == 304:
            known.headers |= told
            known.since = time.time()
            return known.answer
        if answer.status == 200 and "no-store" not in told.get("cache-control", ""):
            vary = [name.strip() for name in told.get("vary", "").split(",") if name.strip()]
            named = {name: asked.get(name) for name in vary}
            self._kept[place] = Kept(answer, told, named, time.time())
        return answer


def _fits(known: Kept, asked: Mapping[str, str]) -> bool:
    return all(asked.get(name) == value for name, value in known.asked.items())
