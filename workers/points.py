"""Writing what is kept by the hour and minute on to a time-series database, by line protocol.

A fold notes in its transaction which points it changes; what they are worth is looked up when they
are written, and they are forgotten when the database has taken them. Whatever is killed, a point is
written once more with what it is worth then: by its measurement, tags and time it is the same one.
"""

import hashlib
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog
from urllib3 import PoolManager, Timeout, make_headers
from urllib3.exceptions import HTTPError

from shared.database import Connection, one
from shared.settings import Settings
from workers.fold import turn, worker_connection

AT_ONCE = 5_000
"""Points of a request."""

MOST = 1_000_000
"""Points that wait: if more do, all that is kept is written when the database takes it again."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST, _LATEST = datetime(1678, 1, 1, tzinfo=UTC), datetime(2262, 1, 1, tzinfo=UTC)
"""Nanoseconds since 1970 in 64 bits know no other times."""

_TIMEOUT = Timeout(connect=3, read=10)

log = structlog.get_logger("analytics")


class PointsError(Exception):
    """The time-series database did not take them; a sentence for people."""


def write_points(settings: Settings) -> int:
    """Write on what has changed, and return how many points; 0 also where another worker does."""
    with worker_connection(settings) as connection:
        if not one(
            connection, "SELECT pg_try_advisory_lock(hashtext('mentorhub_analytics points'))"
        ):
            return 0
        try:
            written = _write(connection, settings)
        except PointsError as error:
            one(connection, "SELECT control.note_points(false)")
            log.warning("Analytics: the time-series database takes nothing: %s", error)
            if one(connection, "SELECT count(*) FROM control.point") > MOST:
                _write_to(connection, None)
            return 0
        one(connection, "SELECT control.note_points(true)")
        return written


def _write(connection: Connection, settings: Settings) -> int:
    target = _target(settings)
    if target != one(connection, "SELECT target FROM control.point_target"):
        if target:
            _post(settings, "")  # whether it is there, before everything is noted for it
        _write_to(connection, target)
    written = 0
    while points := connection.execute(
        "SELECT * FROM control.next_points(%s)", [AT_ONCE]
    ).fetchall():
        _post(settings, "".join(map(_line, points)))
        one(connection, "SELECT control.forget_points(%s)", [points[0][0]])
        written += len(points)
    return written


def _target(settings: Settings) -> str | None:
    """None where nothing is to be written."""
    if not settings.line_protocol_url:
        return None
    told = f"{settings.line_protocol_url} {settings.timezone}"
    return hashlib.sha256(told.encode()).hexdigest()


def _write_to(connection: Connection, target: str | None) -> None:
    # no fold may be under way that has not seen whether points are noted
    with turn(connection):
        one(connection, "SELECT control.write_points_to(%s)", [target])


def _line(point: tuple[int, str, datetime, dict[str, Any], dict[str, Any]]) -> str:
    """Empty for a time that the protocol doesn't know."""
    _, measurement, at, tags, numbers = point
    if not _EARLIEST <= at < _LATEST:
        return ""
    told = "".join(f",{name}={_tag(str(value))}" for name, value in tags.items() if value != "")
    fields = ",".join(f"{name}={float(value)!r}" for name, value in numbers.items())
    seconds = round((at - _EPOCH).total_seconds())
    return f"{measurement}{told} {fields} {seconds}000000000\n"


def _tag(value: str) -> str:
    """Different values stay different, and no value can begin another tag or line."""
    coded = re.sub(r"[%\\\x00-\x1f\x7f]", lambda found: f"%{ord(found[0]):02X}", value)
    return re.sub("([,= ])", r"\\\1", coded)


def _post(settings: Settings, lines: str) -> None:
    """Raises PointsError unless it is taken."""
    url = urlsplit(settings.line_protocol_url or "")
    headers = {"User-Agent": "mentorhub-analytics"}
    if url.username:
        login = f"{unquote(url.username)}:{unquote(url.password or '')}"
        headers |= make_headers(basic_auth=login)
    if settings.line_protocol_token:
        headers["Authorization"] = f"Token {settings.line_protocol_token}"
    place = url._replace(netloc=url.netloc.rpartition("@")[2]).geturl()
    try:
        with PoolManager(timeout=_TIMEOUT, retries=False) as pool:
            answer = pool.request("POST", place, body=lines.encode(), headers=headers)
    except (HTTPError, OSError) as error:
        raise PointsError(f"{url.hostname}: {' '.join(str(error).split())}") from None
    if answer.status // 100 != 2:  # noqa: PLR2004 - what HTTP calls success
        said = " ".join(answer.data[:200].decode(errors="replace").split())
        raise PointsError(f"{url.hostname} answered {answer.status} {said}")
