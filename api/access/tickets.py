"""Tickets stand in for a token where none can be sent: in a link, and for an EventSource."""

from dataclasses import dataclass
from secrets import token_urlsafe
from threading import Lock
from typing import Self
from urllib.parse import parse_qsl, urlencode

from cachetools import TTLCache
from flask import request

from api.problems import Problem, refuse
from api.requests.carried import carried
from api.services import service

NAME = "ticket"
"""Of the parameter."""

LIFETIME = 30
"""Seconds."""

MOST = 10_000
"""Tickets that wait; then the oldest is worth nothing any more."""


@dataclass(frozen=True)
class Place:
    """An address; `parameters` without their order and spelling, None for any."""

    path: str
    parameters: tuple[tuple[str, str], ...] | None

    @classmethod
    def of(cls, path: str, query: str) -> Self:
        return cls(path, tuple(sorted(parse_qsl(query, keep_blank_values=True))))

    @classmethod
    def everywhere_at(cls, path: str) -> Self:
        return cls(path, None)

    def holds(self, other: "Place") -> bool:
        return self.path == other.path and self.parameters in (None, other.parameters)


class Tickets:
    """In memory: a ticket is good in the process that gave it, once, and at one place."""

    def __init__(self) -> None:
        self._given = TTLCache[str, tuple[int, Place]](MOST, LIFETIME)
        self._lock = Lock()

    def give(self, user_id: int, place: Place) -> str:
        ticket = token_urlsafe()
        with self._lock:
            self._given[ticket] = user_id, place
        return ticket

    def redeem(self, ticket: str, place: Place) -> int | None:
        """Whose ticket it is; None where it is none, too old, used or for another place.

        Wherever it is shown, it is used.
        """
        with self._lock:
            user_id, given_for = self._given.pop(ticket, (None, None))
        return user_id if given_for and given_for.holds(place) else None


def ticket_user() -> int | None:
    """Whose ticket this request carries, None where it carries none; ends one with a bad ticket.

    The ticket is taken out of the request: whatever comes after remembers or logs none.
    """
    environ = request.environ
    if f"{NAME}=" in environ["QUERY_STRING"]:
        asked = parse_qsl(request.query_string.decode(errors="replace"), keep_blank_values=True)
        others = urlencode([each for each in asked if each[0] != NAME])
        given = [value for name, value in asked if name == NAME]
        if given:
            environ["QUERY_STRING"], request.query_string = others, others.encode()
            place = Place.of(request.path, others)
            user_id = service(Tickets).redeem(given[0], place) if len(given) == 1 else None
            if user_id is None:
                refuse(
                    Problem.TOKEN_INVALID,
                    "The ticket is unknown, expired, used or for another address.",
                )
            carried().ticket_user = user_id
    return carried().ticket_user
