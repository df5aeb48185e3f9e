"""The fields that bodies are described with; the read SQL writes the bodies themselves.

Each takes what it is `about`: a sentence for `/docs`, that of `comment_on` where it is a column.
"""

from typing import Any, cast

from marshmallow import Schema, fields

AMOUNT = "the currency of X-Analytics-Currency, its main unit"
PERCENT = "percent"
STARS = "stars, 1 to 5"


def _described(about: str, unit: str | None = None) -> dict[str, str]:
    return {"description": about} | ({"x-unit": unit} if unit else {})


def identifier(about: str) -> fields.Integer:
    """Which one; of no unit."""
    return fields.Integer(required=True, strict=True, metadata=_described(about))


def text(about: str) -> fields.String:
    return fields.String(required=True, metadata=_described(about))


def day(about: str) -> fields.Date:
    return fields.Date(required=True, metadata=_described(about))


def count(about: str, unit: str = "count") -> fields.Integer:
    """How many."""
    return fields.Integer(required=True, strict=True, metadata=_described(about, unit))


def number(about: str, unit: str) -> fields.Float:
    """An exact decimal: a ratio with two places, an amount with those of its currency."""
    return fields.Float(required=True, metadata=_described(about, unit))


def window() -> fields.Integer:
    """How long it is that the numbers are about."""
    return count("The calendar days that are counted, today included: `days` of the query.", "days")


def nested(item: type[Schema], about: str, *, required: bool = True) -> fields.Field[Any]:
    """An object within the body."""
    return cast(
        "fields.Field[Any]",
        fields.Nested(item, required=required, metadata=_described(about)),
    )


def several(item: type[Schema], about: str) -> fields.Field[Any]:
    """A list of objects."""
    return cast(
        "fields.Field[Any]",
        fields.List(fields.Nested(item), required=True, metadata=_described(about)),
    )


def _compared(about: str, unit: str, *, allow_none: bool = True) -> fields.Float:
    metadata = _described(about, unit)
    return fields.Float(required=True, allow_none=allow_none, metadata=metadata)


class ChangeBody(Schema):
    """What a number has become."""

    current = _compared("What it is, as in the body.", "that of the number", allow_none=False)
    previous = _compared("What it was; null where nothing stored tells that.", "that of the number")
    change = _compared("`current` less `previous`; null where that is.", "that of the number")
    change_percent = _compared(
        "`change` in percent of the size of `previous`; null where that is null or 0.", PERCENT
    )


class ComparisonBody(Schema):
    """How the numbers were in the days before."""

    first = fields.Date(
        required=True,
        allow_none=True,
        data_key="from",
        metadata=_described("First day that `previous` is about; null where it is all days."),
    )
    last = fields.Date(
        required=True,
        data_key="to",
        metadata=_described("Last day that `previous` is about, itself included."),
    )
    metrics = fields.Dict(
        fields.String(),
        fields.Nested(ChangeBody),
        required=True,
        metadata={
            "description": "Each number by its path in the body.",
            "examples": [
                {"total": {"current": 45, "previous": 40, "change": 5, "change_percent": 12.5}}
            ],
        },
    )


def compared() -> fields.Field[Any]:
    """How it was before; there only where it was asked for."""
    about = "How the numbers were before; there only with `compare=previous`."
    return nested(ComparisonBody, about, required=False)
