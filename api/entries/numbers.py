"""What goals and alert rules have in common: they are about a number of the catalogue."""

from decimal import Decimal
from typing import Any

import orjson
from marshmallow import ValidationError, fields, validate, validates_schema
from werkzeug.datastructures import MultiDict

from api.entries.entry import NAME, Entry, about, line
from api.requests.metrics import query_schema
from shared.metrics import METRICS, Metric

LARGEST = 10**30
"""Smaller than this is what anything is counted in."""

MOST_FILTERS = 8


class NumberEntry(Entry):
    """About `measure` of `metric`, over the rows that `filters` say."""

    @validates_schema
    def names_what_there_is(self, data: dict[str, Any], **_: object) -> None:
        """A number that the metric's address answers, over rows that it can be asked for."""
        metric = METRICS.get(data["metric"])
        if metric is None:
            raise ValidationError("is no metric of the catalogue.", "metric")
        if data["measure"] not in metric.numbers:
            raise ValidationError(f"is no number of {metric.name}.", "measure")
        _check(data["filters"], metric)


def _check(filters: dict[str, str], metric: Metric) -> None:
    keys = [name for name, key in metric.shown.items() if not key.is_date]
    for name, value in filters.items():
        if name not in keys:
            raise ValidationError(
                {"filters": [f"must have keys of {metric.name}, which has no {name}."]}
            )
        if metric.keys[name].type == "integer" and "," in value:
            raise ValidationError({"filters": [f"must have one {name}."]})
    try:
        query_schema(metric)().load(MultiDict(filters))
    except ValidationError as error:
        raise ValidationError({"filters": error.normalized_messages()}) from None


def filters() -> fields.Dict:
    """Key to value."""
    return fields.Dict(
        fields.String(validate=validate.Regexp(NAME, error="is no key.")),
        line(200),
        load_default=dict,
        validate=validate.Length(max=MOST_FILTERS, error=f"has {MOST_FILTERS} keys at most."),
        **about("goal.filters"),
    )


def days(column: str) -> fields.Integer:
    """How many, today included."""
    return fields.Integer(
        load_default=1,
        strict=True,
        validate=validate.Range(1, 365, error="must be a whole number from 1 to 365."),
        **about(column, "days"),
    )


def amount(column: str, unit: str) -> fields.Decimal:
    """What the number is held against."""
    return fields.Decimal(
        required=True,
        allow_nan=False,
        validate=_not_too_large,
        error_messages={"invalid": "must be a number.", "special": "must be a number."},
        **about(column, unit),
    )


def _not_too_large(value: Decimal) -> None:
    # no Range, whose bounds the document would have as text; abs() can't say what 1e1000000 is
    if value.copy_abs() >= LARGEST:
        raise ValidationError("is too large.")


def stored(entry: dict[str, Any]) -> dict[str, Any]:
    """As the statement takes it."""
    return entry | {"filters": orjson.dumps(entry["filters"]).decode()}
