"""Tickets to the stream, for a browser's EventSource: it can't send a header."""

from secrets import token_urlsafe
from threading import Lock
from typing import cast

from cachetools import TTLCache
from flask import current_app, request

from api.catalogue import Problem
from api.problems import refuse

EXTENSION = "analytics-tickets"

LIFETIME = 30
"""Seconds."""

MOST = 10_000
"""Tickets that wait; then the oldest is worth nothing any more."""


class Tickets:
    """In memory: a ticket is good in the process that gave it, once."""

    def __init__(self) -> None:
        self._users = TTLCache[str, int](MOST, LIFETIME)
        self._lock = Lock()

    def give(self, user_id: int) -> str:
        ticket = token_urlsafe()
        with self._lock:
            self._users[ticket] = user_id
        return ticket

    def redeem(self, ticket: str) -> int | None:
        """Whose ticket it is; None where it is none, too old or used."""
        with self._lock:
            return self._users.pop(ticket, None)


def ticket_user() -> int | None:
    """Whose ticket this request carries, None where it carries none; ends one with a bad ticket."""
    ticket = request.args.get("ticket")
    if ticket is None:
        return None
    user_id = tickets().redeem(ticket)
    if user_id is None:
        refuse(Problem.TOKEN_INVALID, "The ticket is unknown, expired or used.")
    return user_id


def tickets() -> Tickets:
    """The tickets of the app that handles this request."""
    return cast("Tickets", current_app.extensions[EXTENSION])
