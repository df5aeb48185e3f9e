"""Every error is one sentence in an RFC 9457 body."""

from http import HTTPStatus
from json import dumps
from typing import Any, NoReturn, cast

import structlog
from flask import Response, abort
from flask_smorest import Api
from marshmallow import Schema
from psycopg.errors import InvalidSchemaName, UndefinedColumn, UndefinedFunction, UndefinedTable
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from api.fields import identifier, text
from api.problems.kinds import Problem
from shared.errors import ConfigurationError

MEDIA_TYPE = "application/problem+json"

RETRY_AFTER = {"Retry-After": "5"}

RAISED = {
    404: Problem.UNKNOWN_ADDRESS,
    405: Problem.UNKNOWN_METHOD,
    413: Problem.BODY_TOO_LARGE,
    422: Problem.INVALID_PARAMETER,
}
"""What Flask, Werkzeug and webargs raise by themselves."""

SENTENCES = {
    Problem.UNKNOWN_ADDRESS: "There is nothing at this address.",
    Problem.BODY_TOO_LARGE: "A body has no more than 16 KB here.",
    Problem.UNKNOWN_METHOD: "This address does not know that method.",
    Problem.INTERNAL_ERROR: "Something broke here; it has been logged.",
}

log = structlog.get_logger("analytics")


class ProblemSchema(Schema):
    """The body of every error."""

    type = text("The kind's stable identifier: an address that tells when it occurs.")
    title = text("The kind in words, the same each time.")
    status = identifier("The HTTP status, once more.")
    detail = text("What is wrong this time, in one sentence.")


def problem(kind: Problem, detail: str, headers: dict[str, str] | None = None) -> Response:
    """The response for an error."""
    status = kind.value.status
    response = Response(dumps(kind.body(detail)), status, headers, content_type=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def refuse(kind: Problem, detail: str, headers: dict[str, str] | None = None) -> NoReturn:
    """End the request with this problem."""
    abort(problem(kind, detail, headers))


class ProblemApi(Api):
    """flask-smorest with our error body instead of its own."""

    ERROR_SCHEMA = ProblemSchema
    DEFAULT_ERROR_RESPONSE_NAME = None

    def handle_http_exception(self, error: HTTPException) -> Response:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Turn whatever Flask, Werkzeug and webargs raise into a problem."""
        kind = _raised(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
        headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
        return problem(kind, _sentence(error, kind), headers)


def database_unavailable(error: Exception) -> Response:
    """503: the reason is for the log, it names the server."""
    log.error("Analytics: the database does not answer", reason=str(error))
    sentence = "The analytics database does not answer: try again soon."
    return problem(Problem.DATABASE_UNAVAILABLE, sentence, RETRY_AFTER)


def being_installed(error: ProgrammingError) -> Response:
    """503 where what is read is not there: a mirror is made anew before all above it is."""
    if not isinstance(error.orig, MISSING):
        raise error
    sentence = "Analytics is being installed: try again soon."
    return problem(Problem.NOT_CALCULATED, sentence, RETRY_AFTER)


MISSING = (UndefinedTable, UndefinedColumn, UndefinedFunction, InvalidSchemaName)


def export_unavailable(_error: Exception) -> Response:
    """503: a process that made a file was killed, or took too long."""
    log.error("Analytics: what made an export has ended")
    sentence = "What made this answer has ended: try again."
    return problem(Problem.EXPORT_UNAVAILABLE, sentence, RETRY_AFTER)


def export_too_large(error: Exception) -> Response:
    """406: another format has room for it."""
    return problem(Problem.FORMAT_NOT_OFFERED, str(error))


def too_deep(_error: Exception) -> Response:
    """400: brackets in brackets, by the thousand."""
    return problem(Problem.MALFORMED_REQUEST, "The body is nested too deep.")


DATABASE_ERRORS = (ConfigurationError, OperationalError, PoolTimeoutError)


def _raised(status: int) -> Problem:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Problem.INTERNAL_ERROR
    return RAISED.get(status, Problem.MALFORMED_REQUEST)


def _sentence(error: HTTPException, kind: Problem) -> str:
    messages: dict[str, Any] | None = getattr(error, "data", {}).get("messages")
    if messages:
        (location,) = messages.values()
        return _first(location)
    return SENTENCES.get(kind) or str(error.description)


def _first(said: Any, *path: str) -> str:
    """The first of the sentences, behind the name of what it is about."""
    if isinstance(said, dict):
        name, within = next(iter(cast("dict[object, Any]", said).items()))
        return _first(within, *path, str(name))
    return " ".join(filter(None, (".".join(path), said[0])))
