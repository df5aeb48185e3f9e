"""The dashboard: what `make web` made of web/dashboard."""

from http import HTTPStatus
from pathlib import Path

from flask import Blueprint, Response

from api.answers.files import ASKED_EACH_TIME, FOR_EVER, send_from

BUILT = Path(__file__).parents[1] / "static" / "dashboard"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
"""The server's own files and nothing inline; scripts may ask the API and nobody else."""

pages = Blueprint("dashboard", __name__)


@pages.get("/dashboard")
def address_without_slash() -> Response:
    """As `slashed`."""
    return slashed("dashboard")


@pages.get("/dashboard/")
def page() -> Response:
    """The page: asked for each time, as it names the files of this version."""
    response = send_from(BUILT, "index.html", ASKED_EACH_TIME)
    response.headers["Content-Security-Policy"] = POLICY
    return response


@pages.get("/dashboard/assets/<path:name>")
def asset(name: str) -> Response:
    """A file that the page names."""
    return send_from(BUILT, f"assets/{name}", FOR_EVER)


def slashed(name: str) -> Response:
    """Files are found relative to the address: it has to end with a slash."""
    response = Response(status=HTTPStatus.PERMANENT_REDIRECT)
    response.headers["Location"] = f"{name}/"
    return response
