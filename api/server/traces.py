"""Each request as the beginning of a trace, or as a part of its client's."""

from typing import Any

from flask import Flask, request

from api.server.adapter import REQUEST_ID
from shared import traces
from shared.settings import Settings


def trace(app: Flask, settings: Settings) -> None:
    """Where a collector is named; raises ConfigurationError where OpenTelemetry is missing."""
    if traces.begin(settings, "api"):
        from opentelemetry.instrumentation.flask import FlaskInstrumentor  # noqa: PLC0415

        FlaskInstrumentor().instrument_app(app, response_hook=_describe)


def _describe(span: Any, _status: str, _headers: list[tuple[str, str]]) -> None:
    """By its name in the log, and without its query, which may hold a ticket."""
    if not span.is_recording():
        return
    span.set_attribute("request", request.environ.get(REQUEST_ID, ""))
    for name in {"http.url", "http.target", "url.query"} & span.attributes.keys():
        span.set_attribute(name, "" if name == "url.query" else request.path)
