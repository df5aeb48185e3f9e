"""Files that are the same for everybody, from memory."""

import gzip
from functools import cache
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryFile
from weakref import finalize

from flask import Response, request

from api.problems import Problem, refuse
from api.requests.carried import carried

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
"""By suffix; a file with any other is not for sending."""

COMPRESSED = (".png", ".woff2")
"""Already; the rest is sent in gzip to whoever takes it."""

LARGE = 64 * 2**10
"""Bytes of a file that its server is to send itself."""

ASKED_EACH_TIME = "no-cache"
"""For names that stay when the content changes: the ETag makes it cheap."""

FOR_EVER = "public, max-age=31536000, immutable"
"""For names that hold a hash of the content."""


class File:
    """Bytes that are sent again and again, as they are and in gzip."""

    def __init__(self, content: bytes, suffix: str) -> None:
        self.media_type = MEDIA_TYPES[suffix]
        self.tag = blake2b(content, digest_size=16).hexdigest()
        self.plain = _Kept(content)
        self.zipped = None if suffix in COMPRESSED else _Kept(gzip.compress(content, mtime=0))


class _Kept:
    """Bytes in memory and, where they are large, in a file as well.

    It has no name, so it can't stay behind; `path` leads there for as long as this is kept.
    """

    path: Path | None = None

    def __init__(self, content: bytes) -> None:
        self.content = content
        if len(content) > LARGE:
            file = TemporaryFile(buffering=0)  # noqa: SIM115 - it ends with this
            finalize(self, file.close)
            file.write(content)
            self.path = Path(f"/proc/self/fd/{file.fileno()}")


def send(file: File, kept: str) -> Response:
    """`kept`: the answer's Cache-Control."""
    zipped = file.zipped if request.accept_encodings["gzip"] > 0 else None
    sent = zipped or file.plain
    carried().file = sent.path
    response = Response(sent.content, content_type=file.media_type)
    response.headers["Cache-Control"] = kept
    if file.zipped:
        response.headers["Vary"] = "Accept-Encoding"
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    response.set_etag(f"{file.tag}-gzip" if zipped else file.tag)
    response.make_conditional(request)
    return response


def send_from(folder: Path, name: str, kept: str) -> Response:
    """The file of this name in or below the folder; a problem where there is none."""
    if name not in _names(folder):
        refuse(Problem.UNKNOWN_ADDRESS, "There is nothing at this address.")
    return send(_read(folder / name), kept)


@cache
def _names(folder: Path) -> frozenset[str]:
    return frozenset(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.suffix in MEDIA_TYPES
    )


@cache
def _read(path: Path) -> File:
    return File(path.read_bytes(), path.suffix)
