"""How often somebody may ask: each user, and each address whose requests are refused."""

from collections.abc import Hashable
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from threading import Lock
from time import time
from typing import cast

from cachetools import LRUCache
from flask import Flask, Response, current_app, request
from limits import RateLimitItem, parse_many

from api.catalogue import Problem
from api.problems import problem, refuse
from shared.settings import Settings

EXTENSION = "analytics-limits"

FAILURES = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class Limit:
    """So many times in a window of the clock.

    Counted here, as the memory storage of `limits` starts a thread for nearly each request: 0.3 ms.
    """

    def __init__(self, item: RateLimitItem) -> None:
        self._most = item.amount
        self._seconds = item.get_expiry()
        self._hits = LRUCache[Hashable, tuple[int, int]](10_000)
        self._lock = Lock()

    def hit(self, who: Hashable) -> int:
        """Count one more; how many seconds to wait where that is one too many."""
        now = time()
        window = int(now // self._seconds)
        with self._lock:
            last, hits = self._hits.get(who, (window, 0))
            hits = hits + 1 if last == window else 1
            self._hits[who] = window, hits
        return 0 if hits <= self._most else ceil((window + 1) * self._seconds - now)


class Limits:
    """The limits of an app."""

    def __init__(self, settings: Settings) -> None:
        self._users = _parsed(settings.rate_limit_per_user)
        self._addresses = _parsed(settings.rate_limit_per_address)

    def user(self, user_id: int) -> int:
        """Count a request; how many seconds its user must wait."""
        return max((limit.hit(user_id) for limit in self._users), default=0)

    def address(self, address: str) -> int:
        """Count a request that failed; how many seconds its address must wait."""
        who = network(address) if self._addresses else ""
        return max((limit.hit(who) for limit in self._addresses), default=0)


def limit_requests(app: Flask, settings: Settings) -> None:
    """Count from now on; what is counted in memory is counted by each process for itself."""
    app.extensions[EXTENSION] = limits = Limits(settings)

    @app.after_request
    def limit_failures(response: Response) -> Response:  # pyright: ignore[reportUnusedFunction]
        # Whoever has a right to the answer gets it: behind one address may be a school or a proxy.
        if response.status_code in FAILURES:
            seconds = limits.address(request.remote_addr or "")
            return problem(*_too_many(seconds)) if seconds else response
        return response


def limit_user(user_id: int) -> None:
    """Count a request of this user; ends one too many."""
    seconds = cast("Limits", current_app.extensions[EXTENSION]).user(user_id)
    if seconds:
        refuse(*_too_many(seconds))


def _parsed(notation: str) -> list[Limit]:
    return [Limit(item) for item in parse_many(notation)] if notation else []


def network(address: str) -> str:
    """Of an IPv6 address its /64, as whoever has one has 2**64."""
    try:
        ip = ip_address(address.strip("[]"))
    except ValueError:
        return address
    if isinstance(ip, IPv6Address) and not ip.ipv4_mapped:
        return str(ip_network((ip, 64), strict=False))
    return address


def _too_many(seconds: int) -> tuple[Problem, str, dict[str, str]]:
    unit = "second" if seconds == 1 else "seconds"
    detail = f"Too many requests: try again in {seconds} {unit}."
    return Problem.TOO_MANY_REQUESTS, detail, {"Retry-After": str(seconds)}
