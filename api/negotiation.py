"""What a request may ask for besides its parameters."""

from http import HTTPStatus

from flask import request

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
        refuse(HTTPStatus.NOT_ACCEPTABLE, "This address answers in application/json only.")


def refuse_bodies() -> None:
    """400 where a body came: someone expects it to matter."""
    if request.content_length or "Transfer-Encoding" in request.headers:
        refuse(HTTPStatus.BAD_REQUEST, "A GET request has no body here.")
