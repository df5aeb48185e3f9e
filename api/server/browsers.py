"""What browsers may do with the answers, and whose word about an address counts."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask
from flask_cors import CORS
from werkzeug.middleware.proxy_fix import ProxyFix

from shared.settings import Settings

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

HEADERS = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
]
"""Of every response."""

POLICY = ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
"""Of every response that has none of its own: its content may load nothing."""

READABLE = [
    "ETag",
    "Link",
    "Retry-After",
    "Content-Disposition",
    "X-Analytics-As-Of",
    "X-Analytics-Max-Staleness",
    "X-Analytics-Pending",
    "X-Analytics-Unusable",
    "X-Analytics-Window",
    "X-Analytics-Currency",
    "X-Analytics-Currencies",
    "X-Analytics-Since",
]
"""Response headers that a script of another origin may read."""

SENDABLE = [
    "Authorization",
    "Cache-Control",
    "Content-Type",
    "If-Modified-Since",
    "If-None-Match",
    "Last-Event-ID",
    "Pragma",
    "X-Requested-With",
]
"""Request headers that it may send: those we read, and those that clients send with everything."""


def shield(app: Flask, settings: Settings) -> None:
    """Wrap the app; done here and not by Flask's hooks, which cost several times as much."""
    app.wsgi_app = _SecurityHeaders(app.wsgi_app)
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0)
    if settings.cors_origins:
        # No credentials: a token is in a header that only a script can send.
        CORS(
            app,
            origins=list(settings.cors_origins),
            methods=["GET", "HEAD", "POST", "PUT", "DELETE"],
            allow_headers=SENDABLE,
            expose_headers=READABLE,
            send_wildcard=True,
            max_age=600,
        )


class _SecurityHeaders:
    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            chosen = any(name == POLICY[0] for name, _ in headers)
            return start_response(
                status, [*headers, *HEADERS, *([] if chosen else [POLICY])], *error
            )

        return self._app(environ, start)
