"""Every parameter of a query, and the ids in paths and tokens."""

import re
from typing import Any, ClassVar

from marshmallow import (
    RAISE,
    Schema,
    ValidationError,
    fields,
    missing,
    post_load,
    pre_load,
    validate,
)
from werkzeug.routing import BaseConverter

from api.requests.negotiation import MEDIA_TYPES

LARGEST = 2**63 - 1
"""Of PostgreSQL's bigint: as an id nobody's, MentorHub counts in integers."""


def whole_number(text: str) -> int:
    """A positive number, LARGEST where it is more; ValueError for anything else.

    One number has one spelling: int() would take ` 30`, `+30`, `3_0`, `030` and Arabic digits too.
    """
    if not re.fullmatch("[1-9][0-9]*", text):
        raise ValueError(text)
    return int(text) if len(text) < len(str(LARGEST)) else LARGEST


class Day(fields.Date):
    """RFC 3339's full-date: one day has one spelling, and fromisoformat() takes weeks, too."""

    default_error_messages: ClassVar[Any] = {"invalid": "must be a day like 2026-11-28."}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", str(value)):
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        return super()._deserialize(value, attr, data, **kwargs)


class Id(BaseConverter):
    """A user's id in a path."""

    regex = "[1-9][0-9]*"

    def to_python(self, value: str) -> int:
        return whole_number(value)

    @staticmethod
    def description(_: "Id") -> dict[str, object]:
        """For the OpenAPI document."""
        return {"type": "integer", "minimum": 1, "maximum": LARGEST}


class WholeNumber(fields.Integer):
    """What `whole_number` takes."""

    def _format_num(self, value: Any) -> int:
        return whole_number(str(value))


def within(least: int, most: int, about: str, unit: str, usual: Any = missing) -> WholeNumber:
    """A whole number of these bounds; `usual`: what it is where it isn't given."""
    sentence = f"must be a whole number from {least} to {most}."
    return WholeNumber(
        load_default=usual,
        validate=validate.Range(least, most, error=sentence),
        error_messages={"invalid": sentence},
        metadata={"description": about, "x-unit": unit},
    )


class NoParameters(Schema):
    """A query may hold what is declared, each once, and nothing else."""

    error_messages = {"unknown": "is not a parameter of this address."}  # noqa: RUF012 - marshmallow's

    class Meta:
        unknown = RAISE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:  # noqa: ARG002
        """A query can't hold null: None only stands for what is not given."""
        field_obj.allow_none = False

    @pre_load
    def each_once(self, data: Any, **_: Any) -> Any:
        """Refuse what one reader takes for the first value and the next one for the last."""
        for name in data:
            if len(data.getlist(name)) > 1:
                raise ValidationError("may be given only once.", name)
        return data


class AnswerQuery(NoParameters):
    """What every stored answer may be asked for."""

    format = fields.String(
        validate=validate.OneOf(MEDIA_TYPES, error="must be json, csv or xlsx."),
        metadata={"description": "`json`, or a file; without it the header Accept decides."},
    )

    min_as_of = fields.AwareDateTime(
        error_messages={
            "invalid": "must be a time like 2026-11-23T12:30:00Z.",
            "invalid_awareness": "must be a time like 2026-11-23T12:30:00Z, with its offset.",
        },
        metadata={
            "description": "Wait until every change committed up to then is counted: a few"
            " seconds, then 503. For reading what one has just written. RFC 3339 with its offset."
        },
    )
    max_staleness = WholeNumber(
        error_messages={"invalid": "must be a whole number of seconds from 1."},
        metadata={
            "description": "Refuse with 503 what is older than so many seconds.",
            "minimum": 1,
            "x-unit": "seconds",
        },
    )

    @post_load
    def about_numbers(self, data: Any, **_: Any) -> Any:
        """Leave out what doesn't change the numbers."""
        data.pop("format", None)
        return data


def flag(description: str) -> fields.Boolean:
    """False where nobody asks."""
    return fields.Boolean(
        load_default=False,
        truthy={"true"},
        falsy={"false"},
        error_messages={"invalid": "must be true or false."},
        metadata={"description": description},
    )


class More(NoParameters):
    """What a file may hold beside the answer: it is asked for by names that are true."""

    @post_load
    def gathered(self, data: Any, **_: Any) -> Any:
        """As a set: `more`, where there is any."""
        more = frozenset(name for name in ("notes", "names") if data.pop(name, False))
        return data | {"more": more} if more else data


class Noted(More):
    notes = flag("A file of it holds what admins wrote on the days, too: for admins.")


class Named(More):
    names = flag("A file of it holds the usernames of mentors beside their ids: for admins.")


class Days(AnswerQuery, Noted):
    days = within(1, 365, "The last calendar days, today included.", "days", usual=30)


class Money(AnswerQuery):
    currency = fields.String(
        load_default=None,
        # \Z, because $ lets a final newline through
        validate=validate.Regexp(r"[A-Z]{3}\Z", error="must be three capitals like RUB."),
        metadata={
            "description": "Amounts in this currency (ISO 4217) instead of the reporting one.",
            "pattern": "^[A-Z]{3}$",
        },
    )


class Compare(NoParameters):
    compare = fields.String(
        load_default=None,
        validate=validate.Equal("previous", error="must be previous."),
        metadata={"description": "Adds how the numbers were before, and by how much they changed."},
    )


class DaysCompared(Days, Compare):
    pass


class DaysComparedNamed(DaysCompared, Named):
    pass


class MoneyCompared(Money, Compare):
    pass


class DaysAndMoneyCompared(Days, Money, Compare):
    pass


class Course(AnswerQuery):
    course_id = WholeNumber(
        error_messages={"invalid": "must be a whole number from 1."},
        metadata={"description": "This course instead of all of them.", "minimum": 1},
    )


class Stream(NoParameters):
    last_event_id = fields.String(
        data_key="lastEventId",
        metadata={"description": "Instead of the header Last-Event-ID, which a page can't send."},
    )


class Download(NoParameters):
    address = fields.String(
        required=True,
        error_messages={"required": "is missing: name the answer, like revenue?format=csv."},
        metadata={
            "description": "An answer with all its parameters, like `revenue?days=7&format=xlsx`,"
            " relative to `/api/v1/analytics/`.",
        },
    )
