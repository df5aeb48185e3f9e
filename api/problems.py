"""Every error is one sentence in an RFC 9457 body."""

from http import HTTPStatus
from json import dumps
from typing import NoReturn

import structlog
from flask import Response, abort
from flask_smorest import Api
from marshmallow import Schema, fields
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from shared.errors import ConfigurationError

MEDIA_TYPE = "application/problem+json"

RETRY_AFTER = {"Retry-After": "5"}

SENTENCES = {
    404: "There is nothing at this address.",
    405: "This address does not know that method.",
    500: "Something broke here; it has been logged.",
}

log = structlog.get_logger("analytics")


class ProblemSchema(Schema):
    """The body of every error."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True, strict=True)
    detail = fields.String(required=True)


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """The response for an error."""
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    response = Response(dumps(body), status, headers, content_type=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def refuse(status: int, detail: str, headers: dict[str, str] | None = None) -> NoReturn:
    """End the request with this problem."""
    abort(problem(status, detail, headers))


class ProblemApi(Api):
    """flask-smorest with our error body instead of its own."""

    ERROR_SCHEMA = ProblemSchema
    DEFAULT_ERROR_RESPONSE_NAME = None

    def handle_http_exception(self, error: HTTPException) -> Response:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Turn whatever Flask, Werkzeug and webargs raise into a problem."""
        status = error.code or 500
        headers = {name: value for name, value in error.get_headers() if name != "Content-Type"}
        return problem(status, _sentence(error, status), headers)


def database_unavailable(error: Exception) -> Response:
    """503: the reason is for the log, it names the server."""
    log.error("Analytics: the database does not answer", reason=str(error))
    return problem(503, "The analytics database does not answer: try again soon.", RETRY_AFTER)


DATABASE_ERRORS = (ConfigurationError, OperationalError, PoolTimeoutError)


def _sentence(error: HTTPException, status: int) -> str:
    messages: dict[str, dict[str, list[str]]] | None = getattr(error, "data", {}).get("messages")
    if messages:
        (location,) = messages.values()
        name, (message, *_) = next(iter(location.items()))
        return f"{name} {message}"
    return SENTENCES.get(status) or str(error.description)
