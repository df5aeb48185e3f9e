"""What a request may ask for besides its parameters."""

from flask import request

from api.catalogue import Problem
from api.problems import refuse


def refuse_other_formats() -> None:
    """406 where the request excludes JSON."""
    # Not Werkzeug's matching: to it `application/json; charset=utf-8` excludes `application/json`.
    accepted = {
        media.partition(";")[0].strip().lower(): quality
        for media, quality in request.accept_mimetypes
    }
    wanted = ("application/json", "application/*", "*/*")
    quality = next((accepted[media] for media in wanted if media in accepted), not accepted)
    if not quality:
        refuse(Problem.FORMAT_NOT_OFFERED, "This address answers in application/json only.")


def refuse_bodies() -> None:
    """400 where a body came: someone expects it to matter."""
    if request.content_length or "Transfer-Encoding" in request.headers:
        refuse(Problem.BODY_NOT_READ, "A GET request has no body here.")
