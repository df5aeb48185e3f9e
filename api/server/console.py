"""`/ops/`: what `analytics status` says of the numbers, in a browser, live, for admins.

The page itself holds nothing; its script asks for `/ops/state`, made of HTML here, with the token
that the dashboard was given. What only a look at the servers tells is left to the command.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from flask import Blueprint, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from api.access import permissions
from api.answers.files import ASKED_EACH_TIME, send_from
from api.database.reader import Query, Reader
from api.database.writer import Writer
from api.requests.carried import carried
from api.server.dashboard import POLICY, slashed
from api.services import service
from shared import sqlfiles
from shared.alarms import ALARMS, Reading, duration, ringing

FILES = Path(__file__).parent / "console"

UNFINISHED = ("waiting", "running", "paused")
"""States of a rebuild that may be cancelled."""

pages = Blueprint("console", __name__)


@pages.get("/ops")
def address_without_slash() -> Response:
    """As `slashed`."""
    return slashed("ops")


@pages.get("/ops/")
def page() -> Response:
    """The same for everybody, and nothing without a token."""
    response = send_from(FILES, "index.html", ASKED_EACH_TIME)
    response.headers["Content-Security-Policy"] = POLICY
    return response


@pages.get("/ops/console.js")
def script() -> Response:
    """What asks, and shows the answer."""
    return send_from(FILES, "console.js", ASKED_EACH_TIME)


@pages.get("/ops/console.css")
def style() -> Response:
    """How it looks."""
    return send_from(FILES, "console.css", ASKED_EACH_TIME)


@pages.get("/ops/state")
@permissions.editor
def state() -> Response:
    """Everything of now, as a piece of the page."""
    response = Response(_template().render(**collect()), content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def collect() -> dict[str, Any]:
    """What there is to say; the queries are those of `analytics status`."""
    summaries = _rows("summaries")
    readings = [Reading(row.name, row.label, row.value, row.since) for row in _rows("readings")]
    found = service(Writer).row("rebuilds", carried().account.id)
    moments = [row.as_of for row in summaries if row.as_of]
    parts = _rows("parts")
    return {
        "now": datetime.now(UTC),
        "problems": list(_problems(readings)),
        "as_of": min(moments, default=None),
        "summaries": summaries,
        "parts": parts,
        "titles": {part.name: ALARMS[f"{part.name}_silent"].part for part in parts},
        "mirror": next(iter(_rows("mirror")), None),
        "rebuilds": orjson.loads(found.body)["rebuilds"] if found else [],
        "unfinished": UNFINISHED,
    }


def _problems(readings: list[Reading]) -> Iterator[dict[str, Any]]:
    """Causes first."""
    for alarm, level, reading in ringing(readings):
        since = _clock(reading.since)
        yield {
            "alarm": alarm.name,
            "level": level,
            "part": alarm.part,
            "says": alarm.sentence(reading, duration(reading.value), since),
            "since": reading.since,
            "remedy": alarm.remedy.format(label=reading.label),
        }


def _rows(name: str) -> list[Any]:
    return list(service(Reader).rows(Query(sqlfiles.read(f"status/{name}"))))


def _clock(moment: datetime | str | None) -> str:
    """In UTC, as nobody knows by which clock the page is read; the day where it is another one."""
    if moment is None:
        return "never"
    there = _moment(moment)
    return (
        f"{there:%H:%M:%S}" if there.date() == datetime.now(UTC).date() else f"{there:%d %b %H:%M}"
    )


def _moment(moment: datetime | str) -> datetime:
    known = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return known.astimezone(UTC)


def _time(moment: datetime | str | None) -> Markup:
    if moment is None:
        return Markup("never")
    return Markup('<time datetime="{}">{}</time>').format(
        _moment(moment).isoformat(), _clock(moment)
    )


@cache
def _template() -> Any:
    pages = Environment(
        loader=FileSystemLoader(FILES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    pages.filters |= {"time": _time, "duration": duration}
    return pages.get_template("state.html")
