"""The fields that bodies are described with; the read SQL writes the bodies themselves."""

from typing import Any, cast

from marshmallow import Schema, fields


def count() -> fields.Integer:
    """How many."""
    return fields.Integer(required=True, strict=True)


def number() -> fields.Float:
    """An exact decimal with two places."""
    return fields.Float(required=True)


def several(item: type[Schema]) -> fields.Field[Any]:
    """A list of objects."""
    return cast("fields.Field[Any]", fields.List(fields.Nested(item), required=True))
