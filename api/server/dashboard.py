"""The dashboard: what `make web` made of web/dashboard, from memory."""

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from http import HTTPStatus
from pathlib import Path

from flask import Blueprint, Response, request

from api.problems import Problem, refuse
from api.requests.carried import Kept, carried

BUILT = Path(__file__).parents[1] / "static" / "dashboard"

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}

COMPRESSED = (".woff2",)
"""Already; the rest is sent in gzip to whoever takes it."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)
"""The server's own files and nothing inline; scripts may ask the API and nobody else."""

FOR_EVER = "public, max-age=31536000, immutable"
"""For names that hold a hash of the content."""

pages = Blueprint("dashboard", __name__)


@dataclass(frozen=True)
class _File:
    media_type: str
    content: Kept
    zipped: Kept | None
    tag: str


@pages.get("/dashboard")
def address_without_slash() -> Response:
    """As `slashed`."""
    return slashed("dashboard")


@pages.get("/dashboard/")
def page() -> Response:
    """The page: asked for each time, as it names the files of this version."""
    response = _sent("index.html", "no-cache")
    response.headers["Content-Security-Policy"] = POLICY
    return response


@pages.get("/dashboard/assets/<path:name>")
def asset(name: str) -> Response:
    """A file that the page names."""
    return _sent(f"assets/{name}", FOR_EVER)


def slashed(name: str) -> Response:
    """Files are found relative to the address: it has to end with a slash."""
    response = Response(status=HTTPStatus.PERMANENT_REDIRECT)
    response.headers["Location"] = f"{name}/"
    return response


def _sent(name: str, kept: str) -> Response:
    file = _files().get(name)
    if file is None:
        refuse(Problem.UNKNOWN_ADDRESS, "There is nothing at this address.")
    is_zipped = file.zipped is not None and request.accept_encodings["gzip"] > 0
    sent = file.zipped if file.zipped and is_zipped else file.content
    carried().file = sent.path
    response = Response(sent.content, content_type=file.media_type)
    response.headers["Cache-Control"] = kept
    if file.zipped is not None:
        response.headers["Vary"] = "Accept-Encoding"
    if is_zipped:
        response.headers["Content-Encoding"] = "gzip"
    response.set_etag(f"{file.tag}-gzip" if is_zipped else file.tag)
    response.make_conditional(request)
    return response


@cache
def _files() -> dict[str, _File]:
    """By the path below the page's address."""
    return {
        path.relative_to(BUILT).as_posix(): _read(path)
        for path in BUILT.rglob("*")
        if path.suffix in MEDIA_TYPES
    }


def _read(path: Path) -> _File:
    content = path.read_bytes()
    zipped = None if path.suffix in COMPRESSED else Kept(gzip.compress(content, mtime=0))
    tag = blake2b(content, digest_size=16).hexdigest()
    return _File(MEDIA_TYPES[path.suffix], Kept(content), zipped, tag)
