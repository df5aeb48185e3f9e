"""The fields that bodies are described with; the read SQL writes the bodies themselves."""

from typing import Any, cast

from marshmallow import Schema, fields


def count() -> fields.Integer:
    """How many."""
    return fields.Integer(required=True, strict=True)


def number() -> fields.Float:
    """An exact decimal: a ratio with two places, an amount with those of its currency."""
    return fields.Float(required=True)


class ChangeBody(Schema):
    """What a number has become: `previous` is null where nothing tells what it was."""

    current = fields.Float(required=True)
    previous = fields.Float(required=True, allow_none=True)
    change = fields.Float(required=True, allow_none=True)
    change_percent = fields.Float(required=True, allow_none=True)


class ComparisonBody(Schema):
    """The days that `previous` numbers are of; all days up to the last one where `from` is null."""

    first = fields.Date(required=True, allow_none=True, data_key="from")
    last = fields.Date(required=True, data_key="to")
    metrics = fields.Dict(
        fields.String(),
        fields.Nested(ChangeBody),
        required=True,
        metadata={
            "description": "By the number's path in the body.",
            "examples": [
                {"total": {"current": 45, "previous": 40, "change": 5, "change_percent": 12.5}}
            ],
        },
    )


def compared() -> fields.Field[Any]:
    """How it was before; there only where it was asked for."""
    return cast("fields.Field[Any]", fields.Nested(ComparisonBody))


def several(item: type[Schema]) -> fields.Field[Any]:
    """A list of objects."""
    return cast("fields.Field[Any]", fields.List(fields.Nested(item), required=True))
