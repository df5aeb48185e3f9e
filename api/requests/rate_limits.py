"""How much somebody may ask for: each user, and each address whose requests are refused.

Counted in units. A request takes one, and what it cost besides is taken when it is known.
"""

from collections.abc import Hashable
from functools import lru_cache
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from threading import Lock
from time import monotonic

from cachetools import LRUCache
from flask import Flask, Response, request
from limits import RateLimitItem, parse_many

from api.problems import Problem, problem, refuse
from api.requests.carried import carried
from api.services import service, services
from shared.settings import Settings

UNITS_A_SECOND = 100
"""Of the database."""

UNIT_BYTES = 2**16
"""Of an answer that is sent."""

ROUNDING = 1e-6

FAILURES = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class Limit:
    """A bucket for each: it holds so many units, and is filled as fast as they may be used.

    Counted here, as the memory storage of `limits` starts a thread for nearly each request: 0.3 ms.
    """

    def __init__(self, item: RateLimitItem) -> None:
        self._most = float(item.amount)
        self._rate = item.amount / item.get_expiry()
        self._left = LRUCache[Hashable, tuple[float, float]](10_000)

    def wait(self, who: Hashable) -> int:
        """How many seconds until there is a unit; 0 where there is one."""
        left = self._now(who)
        # What is filled in tenths is never quite a whole.
        return 0 if left > 1 - ROUNDING else ceil((1 - left) / self._rate - ROUNDING)

    def take(self, who: Hashable, units: float) -> None:
        """Take as many as it was; where there were fewer, there is a wait until it is even."""
        self._left[who] = self._now(who) - units, monotonic()

    def _now(self, who: Hashable) -> float:
        left, since = self._left.get(who, (self._most, 0.0))
        return min(self._most, left + (monotonic() - since) * self._rate)


class Limits:
    """The limits of an app."""

    def __init__(self, settings: Settings) -> None:
        self._users = _parsed(settings.rate_limit_per_user)
        self._addresses = _parsed(settings.rate_limit_per_address)
        self._lock = Lock()

    def user(self, user_id: int) -> int:
        """Take a unit; how many seconds its user must wait where there is none."""
        return self._ask(self._users, user_id)

    def address(self, address: str) -> int:
        """Take a unit for a request that failed; how many seconds its address must wait."""
        return self._ask(self._addresses, network(address) if self._addresses else "")

    def charge(self, user_id: int, units: float) -> None:
        """Take what a request has cost besides."""
        with self._lock:
            for limit in self._users:
                limit.take(user_id, units)

    def _ask(self, limits: list[Limit], who: Hashable) -> int:
        """Who has to wait pays nothing."""
        with self._lock:
            seconds = max((limit.wait(who) for limit in limits), default=0)
            if not seconds:
                for limit in limits:
                    limit.take(who, 1)
        return seconds


def limit_requests(app: Flask, settings: Settings) -> None:
    """Count from now on; what is counted in memory is counted by each process for itself."""
    limits = services(app).add(Limits(settings))

    @app.after_request
    def limit_failures(response: Response) -> Response:  # pyright: ignore[reportUnusedFunction]
        # Whoever has a right to the answer gets it: behind one address may be a school or a proxy.
        if response.status_code in FAILURES:
            seconds = limits.address(request.remote_addr or "")
            return problem(*_too_many(seconds)) if seconds else response
        return response


def limit_user(user_id: int) -> None:
    """Take a unit of this user's; ends a request where there is none."""
    seconds = service(Limits).user(user_id)
    if seconds:
        refuse(*_too_many(seconds))


def charge(*, seconds: float = 0, size: int = 0) -> None:
    """Take from this request's user what it cost: seconds of the database, bytes of an answer.

    Whole units only: what most requests cost is in the unit that each of them takes.
    """
    units = int(seconds * UNITS_A_SECOND) + size // UNIT_BYTES
    if units:
        service(Limits).charge(carried().account.id, units)


def _parsed(notation: str) -> list[Limit]:
    return [Limit(item) for item in parse_many(notation)] if notation else []


@lru_cache(4096)
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
