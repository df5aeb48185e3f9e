"""What a request may ask for besides its parameters."""

from functools import lru_cache
from urllib.parse import parse_qsl

from flask import request
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from api.export import EXPORTS
from api.problems import Problem, refuse

MEDIA_TYPES = {"json": "application/json"} | {
    name: export.media_type for name, export in EXPORTS.items()
}
"""What every address offers; among equals the first."""

LARGEST_BODY = 16 * 1024
"""Bytes of what people enter at once."""


def wanted_format() -> str | None:
    """What `format` names, unchecked, or else what `Accept` likes best; None: it excludes all."""
    environ = request.environ
    return _wanted(environ.get("QUERY_STRING", ""), environ.get("HTTP_ACCEPT", ""))


def refuse_other_formats() -> None:
    """406 where the request excludes all we have."""
    if wanted_format() is None:
        offered = ", ".join(MEDIA_TYPES.values())
        refuse(Problem.FORMAT_NOT_OFFERED, f"This address answers in {offered} only.")


@lru_cache(256)  # every request asks, in few ways
def _wanted(query: str, accept: str) -> str | None:
    named = dict(parse_qsl(query, keep_blank_values=True))
    return named["format"] if "format" in named else _liked_best(accept)


def _liked_best(accept: str) -> str | None:
    # Not Werkzeug's matching: to it `application/json; charset=utf-8` excludes `application/json`.
    accepted = {
        media.partition(";")[0].strip().lower(): quality
        for media, quality in parse_accept_header(accept, MIMEAccept)
    } or {"*/*": 1}
    liked = {name: _liking(accepted, media) for name, media in MEDIA_TYPES.items()}
    best = max(liked, key=lambda name: liked[name])
    return best if liked[best][0] else None


def _liking(accepted: dict[str, float], media: str) -> tuple[float, int]:
    """How much, and among equals how exactly; what is named exactly overrides the rest."""
    wanted = (media, media.partition("/")[0] + "/*", "*/*")
    return next(
        ((accepted[name], -place) for place, name in enumerate(wanted) if name in accepted), (0, 0)
    )


def refuse_bodies() -> None:
    """400 where a body came: someone expects it to matter."""
    if request.content_length or "Transfer-Encoding" in request.headers:
        refuse(Problem.BODY_NOT_READ, "A request has no body here.")
