"""What a request brings from one room to the next, beside what its client sent."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, cast

from flask import request
from jwt import PyJWK
from werkzeug.datastructures import Headers

from api.export.processes import Errand

CARRIED = "analytics.carried"
"""Where an environment has it."""

Spelling = tuple[str, str, int | None]
"""Path and query as they came, and who asks where that matters."""


@dataclass(frozen=True, slots=True)
class Account:
    """`is_proven`: the role is MentorHub's, and not of a mirror that may have missed a change.

    `mentors`: the ids of its mentor profiles; `is_mentor_proven`: the same of them.
    """

    id: int
    is_admin: bool
    is_active: bool
    is_proven: bool
    mentors: tuple[int, ...]
    is_mentor_proven: bool


Waiting = tuple[Errand, Callable[[Any], Headers]]
"""An errand, and what makes headers of its result."""


class Listening(Protocol):
    """A client that is told what changes."""

    async def send(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        """Events as they come, until the end."""
        ...

    def end(self) -> None: ...

    def leave(self) -> None: ...


@dataclass(slots=True, kw_only=True)
class Carried:
    """The server asks the app a second time with the same one where the first came too early.

    `account`, `spelling`: who asks, and how; the guard of an address gives it both.
    `secret`: what its token is tried with.
    `ticket_user`: whose ticket it was, which is used by then.
    `next_cursor`: where the next page begins, empty behind the last one; None: there are no pages.
    `early`: the family and the as-of that it came too early for.
    `listening`: it is to be answered with a stream.
    `file`: where the body of a 200 stands as it is, for a server that sends files itself.
    `waits`: its server waits for errands itself; others wait in the thread.
    `waiting`: for which errand such a server has to wait.
    `failed`: it is asked a second time, as its errand ended with this error.
    """

    account: Account = field(init=False)
    spelling: Spelling = field(init=False)
    secret: PyJWK | None = None
    ticket_user: int | None = None
    next_cursor: str | None = None
    early: tuple[str, datetime] | None = None
    listening: Listening | None = None
    file: Path | None = None
    waits: bool = False
    waiting: Waiting | None = None
    failed: BaseException | None = None


def carried() -> Carried:
    """What the request that is handled brings."""
    environ = request.environ
    if CARRIED not in environ:
        environ[CARRIED] = Carried()
    return cast("Carried", environ[CARRIED])
