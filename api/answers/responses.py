"""One row of a read model becomes one response."""

from collections.abc import Callable, Collection
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import blake2b
from http import HTTPStatus
from time import monotonic, perf_counter
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson
import structlog
from flask import Response, request
from sqlalchemy import Row
from werkzeug.datastructures import Headers
from werkzeug.http import quote_etag

from api.answers.cache import LOGGED_AS, Cache, Entry, Found
from api.database.freshness import Freshness, Watch, timestamp
from api.database.reader import Query, Reader
from api.database.writer import Writer
from api.export import CSV, EXPORTS, Answer, Export
from api.export.helper import Work
from api.export.listing import Listing
from api.export.processes import FullError, Lane, Lanes
from api.export.rendering import Rendering
from api.problems import RETRY_AFTER, Problem, refuse
from api.requests import paging
from api.requests.carried import carried
from api.requests.negotiation import wanted_format
from api.requests.rate_limits import charge
from api.services import service
from shared.registry import FAMILIES

COST = {"json": 1, "csv": 2, "xlsx": 6}
"""Of making a file of a body: as of sending so many times as many bytes."""

LONG = 2**20
"""Bytes that a list too long to be held has at least."""

IN_PLACE = 32 * 1024
"""Bytes of the largest body that a CSV is made of at once: elsewhere it would take longer."""

QUICK = 256 * 1024
"""Bytes of the largest body that a workbook takes no more than a moment of."""

LATER = {"Retry-After": "10"}

LONGEST_NAME = 256
"""Letters of parameters that an entity tag holds as they are."""

log = structlog.get_logger("analytics")


class _Beside(NamedTuple):
    """What a file holds beside the answer, each in JSON: notes, and names of mentors."""

    noted: str = ""
    named: str = ""


NOTHING = _Beside()


def remembered(subject: int | None) -> Response | None:
    """The answer, where this very request was answered and nothing has changed since.

    It spares reading the parameters: the same text means the same. `subject`: who asks, where the
    answer depends on it. The format is none of it: it was negotiated, and is made of the answer.
    """
    environ = request.environ
    carried().spelling = spelling = (environ["PATH_INFO"], environ["QUERY_STRING"], subject)
    found = service(Cache).remembered(spelling)
    return _response(found) if found else None


def answer(
    family: str,
    query: str | Query | None = None,
    *,
    min_as_of: datetime | None = None,
    max_staleness: int | None = None,
    more: Collection[str] = (),
    **parameters: object,
) -> Response:
    """The stored answer of `family`, or 304 to a client that has it already.

    `more`: what a file of it holds, too: `notes`, what people wrote on its days; `names`, what its
    mentors are called.
    """
    found = _found(family, query or family, parameters)
    _refuse_early(family, found[1], min_as_of)
    _refuse_stale(found[1], max_staleness)
    if more and wanted_format() in EXPORTS:
        _refuse_others_than_admins()
        beside = _Beside(
            _noted(found[0]) if "notes" in more else "", _named(found) if "names" in more else ""
        )
        return _file(found, EXPORTS[wanted_format() or ""], beside)
    if min_as_of is None and max_staleness is None and not more:
        service(Cache).remember(carried().spelling, found[0])
    return _response(found)


def _refuse_others_than_admins() -> None:
    account = carried().account
    if not (account.is_admin and account.is_proven):
        refuse(Problem.NOT_PERMITTED, "Your account may not read notes and names.")


def _named(found: Found) -> str:
    """What the answer's mentors are called, in JSON: for admins."""
    row = service(Reader).row("mentor_names", mentors=_stored(found).mentors)
    return row.body if row else ""


def _noted(entry: Entry) -> str:
    """What people wrote on the answer's days, in JSON: for admins."""
    window = Headers(entry.headers).get("X-Analytics-Window", "")
    first, last = window.split()[0].split("/")
    row = service(Writer).row("notes", carried().account.id, first=first, last=last)
    return row.body if row else ""


def _found(family: str, query: str | Query, parameters: dict[str, Any]) -> Found:
    named = query if isinstance(query, str) else family
    name = named + orjson.dumps(parameters, option=orjson.OPT_SORT_KEYS).decode()
    found = service(Cache).find(family, name)
    if found is None:
        found = _read(name, family, query, parameters)
        service(Cache).store(found[0])
    return found


def _read(name: str, family: str, query: str | Query, parameters: dict[str, Any]) -> Found:
    started, asked = perf_counter(), monotonic()
    row = service(Reader).row(query, **parameters)
    if row is None:
        refuse(
            Problem.NOT_CALCULATED,
            "These numbers are not calculated yet: try again soon.",
            RETRY_AFTER,
        )
    fresh = Freshness.of(row)
    service(Watch).learn(family, fresh, asked)
    if row.body is None and not _is_long(row):
        refuse(Problem.UNKNOWN_ID, "Nothing has this id, unless it is newer than these numbers.")
    took = perf_counter() - started
    charge(seconds=took)
    _log(family, parameters.get("days"), took)
    listing = None
    if isinstance(query, str) and _is_long(row):
        rows = paging.UNASKED | parameters
        listing = Listing(service(Reader).url, family, query, parameters, paging.ROWS, rows)
    return _entry(row, name, family, parameters, listing), fresh


def _entry(
    row: Any, name: str, family: str, parameters: dict[str, Any], listing: Listing | None
) -> Entry:
    """`row`: of the query, also one that a listing has read."""
    etag = _etag(family, row, parameters)
    headers = [("ETag", quote_etag(etag)), *_headers(family, row, parameters.get("currency"))]
    body = b"{}" if listing else row.body.encode()
    cursor = (row.next_cursor or "") if hasattr(row, "next_cursor") else None
    stamp = Freshness.of(row).stamp
    return Entry(name, family, stamp, etag, headers, body, next_cursor=cursor, listing=listing)


def _is_long(row: Any) -> bool:
    return getattr(row, "is_long", False)


def _response(found: Found) -> Response:
    entry, fresh = found
    carried().next_cursor = entry.next_cursor
    export = EXPORTS.get(wanted_format() or "")
    if export or entry.listing:
        return _file(found, export)
    headers = [*fresh.headers, *entry.headers]
    if "HTTP_IF_NONE_MATCH" in request.environ and request.if_none_match.contains_weak(entry.etag):
        return Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    charge(size=len(entry.body))
    return Response(entry.body, headers=headers, content_type="application/json")


def _file(found: Found, export: Export | None, beside: _Beside = NOTHING) -> Response:
    entry = found[0]
    etag, headers, stored = _tagged(found, export, beside)
    if request.if_none_match.contains_weak(etag):
        return Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    headers.update(_kind(export, stored))
    if request.method == "HEAD":
        return Response(iter(()), headers=headers)
    extension = export.extension if export else "json"
    if entry.listing:
        response = _long(entry, export, replace(entry.listing, extension=extension), headers)
    elif export is CSV and len(entry.body) <= IN_PLACE:
        response = Response(CSV.chunks(stored), headers=headers)
    else:
        lane = service(Lanes).quick if len(entry.body) <= QUICK else service(Lanes).long
        response = _apart(lane, Rendering(extension, stored), headers, lambda _: headers)
    # Whoever is refused pays nothing.
    charge(size=(LONG if entry.listing else len(entry.body)) * COST[extension])
    return response


def _long(entry: Entry, export: Export | None, listing: Listing, headers: Headers) -> Response:
    def described(row: Any) -> Headers:
        """Of the state that the listing has read, which may be newer."""
        read = _entry(row, entry.name, entry.family, listing.asked, listing)
        _, headers, stored = _tagged((read, Freshness.of(row)), export)
        headers.update(_kind(export, stored))
        return headers

    return _apart(service(Lanes).long, listing, headers, described)


def _tagged(
    found: Found, export: Export | None, beside: _Beside = NOTHING
) -> tuple[str, Headers, Answer]:
    entry, fresh = found
    headers = Headers([*fresh.headers, *entry.headers])
    stored = _stored(found, beside)
    etag = entry.etag + (export.tag(stored) if export else "")
    if any(beside):
        etag += f"/{blake2b(orjson.dumps([*beside]), digest_size=16).hexdigest()}"
    headers["ETag"] = quote_etag(etag)
    return etag, headers, stored


def _stored(found: Found, beside: _Beside = NOTHING) -> Answer:
    entry, fresh = found
    headers = Headers(entry.headers)
    window, currency = headers.get("X-Analytics-Window"), headers.get("X-Analytics-Currency")
    return Answer(entry.family, entry.body, fresh.as_of, fresh.today, window, currency, *beside)


def _kind(export: Export | None, stored: Answer) -> dict[str, str]:
    return export.headers(stored) if export else {"Content-Type": "application/json"}


def _apart(
    lane: Lane, work: Work, headers: Headers, described: Callable[[Any], Headers]
) -> Response:
    """The work's file; `described`: its headers, by what the work says that it is of."""
    request_carries = carried()
    if request_carries.failed:
        raise request_carries.failed
    try:
        errand = lane.take(work)
    except FullError:
        sentence = "Too many large answers are asked for: try again soon, or ask for pages."
        refuse(Problem.EXPORT_UNAVAILABLE, sentence, LATER)
    if request_carries.waits:
        request_carries.waiting = errand, described
        return Response(iter(()), headers=headers)
    with ExitStack() as ending:
        ending.callback(errand.end)
        response = Response(errand.chunks(), headers=described(errand.done.result()))
        response.call_on_close(ending.pop_all().close)
        return response


def _refuse_early(family: str, fresh: Freshness, min_as_of: datetime | None) -> None:
    if min_as_of and fresh.as_of < min_as_of:
        carried().early = family, min_as_of
        sentence = f"These numbers are of {timestamp(fresh.as_of)}, before min_as_of."
        refuse(Problem.NOT_YET, sentence, {"Retry-After": "1"})


def _refuse_stale(fresh: Freshness, max_staleness: int | None) -> None:
    if max_staleness is None:
        return
    if (datetime.now(UTC) - fresh.as_of).total_seconds() > max_staleness:
        sentence = f"These numbers are of {timestamp(fresh.as_of)}, older than max_staleness."
        refuse(Problem.TOO_STALE, sentence, RETRY_AFTER)


def _headers(family: str, row: Row[Any], currency: Any) -> list[tuple[str, str]]:
    headers = [
        # Whoever has the numbers asks whether they are the newest: a 304 costs nothing.
        ("Cache-Control", "private, no-cache"),
        ("X-Analytics-Max-Staleness", str(FAMILIES[family].ttl)),
        ("Vary", "Authorization, Accept"),
    ]
    if row.from_day is not None:
        headers.append(
            ("X-Analytics-Window", f"{_said(row.from_day)}/{_said(row.to_day)} {row.timezone}")
        )
    if hasattr(row, "currencies"):
        headers.append(("X-Analytics-Currency", currency or row.currency))
        headers.append(("X-Analytics-Currencies", row.currencies or ""))
    if hasattr(row, "since"):
        headers.append(("X-Analytics-Since", timestamp(row.since)))
    return headers


def _etag(family: str, row: Row[Any], parameters: dict[str, object]) -> str:
    """The name of the rows' state that a body is made of: nobody has to look at the body."""
    given = {name: parameters[name] for name in sorted(parameters) if parameters[name] is not None}
    asked = urlencode(given)
    if len(asked) > LONGEST_NAME:  # a client sends it back, and a header has a bound
        asked = blake2b(asked.encode(), digest_size=16).hexdigest()
    days = [_said(day) for day in (row.from_day, row.to_day) if day]
    return "/".join(str(part) for part in (family, row.version, *days, asked) if part)


def _said(day: date) -> str:
    """Or an instant."""
    return day.isoformat()


def _log(family: str, days: object, seconds: float) -> None:
    name = LOGGED_AS.get(family, family)
    title = name.replace("_", " ").capitalize() + (f" ({days} days)" if days else "")
    milliseconds = round(seconds * 1000)
    log.info(
        "Analytics: %s calculated in %dms",
        title,
        milliseconds,
        family=family,
        days=days,
        milliseconds=milliseconds,
    )
