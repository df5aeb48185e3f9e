"""What every kind of entry has in common: its body is read strictly, and answered by its row."""

from typing import Any

from flask import Response
from marshmallow import RAISE, Schema, ValidationError, fields, validate

from api.database.writer import Writer
from api.fields import identifier
from api.problems import Problem, refuse
from api.requests.carried import carried
from api.services import service
from shared import comments

NAME = r"[a-z][a-z0-9_]{0,62}\Z"
"""Of a metric, a measure or a key."""

OWN = ("kept/0001_notes_and_goals", "kept/0002_alerts", "kept/0006_acknowledged")
"""Where the columns are described."""


class Entry(Schema):
    """What is sent: all of an entry, each time."""

    error_messages = {"unknown": "is nothing that this entry has."}  # noqa: RUF012 - marshmallow's

    class Meta:
        unknown = RAISE


class Written(Entry):
    """What every entry has besides."""

    id = identifier("Its number.")
    written_by = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Who wrote it last: their id at MentorHub."},
    )
    written_at = fields.AwareDateTime(
        required=True, metadata={"description": "When it was last written."}
    )


def comment(column: str) -> str:
    """The comment on `table.column` of schema kept."""
    return comments.of(f"kept.{column}", *OWN)


def about(column: str, unit: str | None = None) -> dict[str, Any]:
    """What a field says of itself."""
    described = {"description": comment(column)}
    return {"metadata": described | ({"x-unit": unit} if unit else {})}


def line(most: int, **more: Any) -> fields.String:
    """Text that PostgreSQL takes, of 1 to so many characters, not all of them white space."""
    bounds = validate.Length(1, most, error=f"must have 1 to {most} characters.")
    return fields.String(validate=[bounds, _storable, _visible], **more)


def _visible(text: str) -> None:
    if text.isspace():
        raise ValidationError("holds white space alone.")


def _storable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValidationError("holds half a character.") from None
    if "\0" in text:
        raise ValidationError("holds a character of code 0.")


def named(about: str, **more: Any) -> fields.String:
    """What a metric or a measure is called."""
    return fields.String(
        validate=validate.Regexp(NAME, error="must be a name like session_day."),
        metadata={"description": about, "pattern": f"^{NAME[:-2]}$"},
        **more,
    )


def carried_out(statement: str, **parameters: object) -> Response:
    """Its row as JSON; 404 where there is none."""
    row = service(Writer).row(statement, carried().account.id, **parameters)
    if row is None:
        refuse(Problem.UNKNOWN_ID, "No entry has this id.")
    headers = {"Cache-Control": "no-store"}
    return Response(row.body, headers=headers, content_type="application/json")
