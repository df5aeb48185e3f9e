"""One row of a read model becomes one response."""

from datetime import UTC, datetime
from http import HTTPStatus
from time import perf_counter
from typing import Any

import structlog
from flask import Response, request
from sqlalchemy import Row
from werkzeug.http import http_date

from api.catalogue import Problem
from api.problems import RETRY_AFTER, refuse
from api.reader import reader
from shared.registry import FAMILIES

log = structlog.get_logger("analytics")


def answer(family: str, query: str | None = None, **parameters: object) -> Response:
    """The stored answer of `family`, or 304 to a client that has it already."""
    started = perf_counter()
    row = reader().row(query or family, **parameters)
    if row is None:
        refuse(
            Problem.NOT_CALCULATED,
            "These numbers are not calculated yet: try again soon.",
            RETRY_AFTER,
        )
    if row.body is None:
        refuse(Problem.UNKNOWN_ID, "Nothing has this id, unless it is newer than these numbers.")
    response = Response(row.body, headers=_headers(family, row), content_type="application/json")
    response.set_etag(_etag(family, row, parameters))
    if request.if_none_match.contains_weak(response.get_etag()[0] or ""):
        response.status_code = HTTPStatus.NOT_MODIFIED
        response.data = b""
    _log(family, parameters.get("days"), perf_counter() - started)
    return response


def _headers(family: str, row: Row[Any]) -> dict[str, str]:
    headers = {
        "X-Analytics-As-Of": _timestamp(row.as_of),
        "X-Analytics-Pending": str(row.pending),
        "Last-Modified": http_date(row.changed_at),
        "Cache-Control": f"private, max-age={FAMILIES[family].ttl}",
        "Vary": "Authorization, Accept",
    }
    if row.from_day is not None:
        headers["X-Analytics-Window"] = f"{row.from_day}/{row.to_day} {row.timezone}"
    if hasattr(row, "currencies"):
        headers["X-Analytics-Currencies"] = row.currencies or ""
    return headers


def _etag(family: str, row: Row[Any], parameters: dict[str, object]) -> str:
    """The name of the rows' state that a body is made of: nobody has to look at the body."""
    given = [parameters[name] for name in sorted(parameters)]
    parts = [family, row.version, row.from_day, row.to_day, *given]
    return "/".join(str(part) for part in parts if part is not None)


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _log(family: str, days: object, seconds: float) -> None:
    title = family.replace("_", " ").capitalize() + (f" ({days} days)" if days else "")
    milliseconds = round(seconds * 1000)
    log.info(
        "Analytics: %s served in %dms",
        title,
        milliseconds,
        family=family,
        days=days,
        milliseconds=milliseconds,
    )
