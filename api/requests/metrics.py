"""What the address of a metric may be asked for: its file says which names it has."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, ClassVar, cast

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from api.requests import parameters
from shared.metrics import Key, Metric, Parameter

EARLIEST, LATEST = 1900, 9000
"""Years that may be asked for."""

LONGEST = 3660
"""Days from the first to the last that may be asked for."""


MOST_ROWS = 10_000
"""That an answer may have, and hours or minutes that may be asked for."""

MOST_VALUES = 100
"""Of a key that is a number, that rows may be asked for of."""

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}", re.ASCII)

_SEVERAL = f"must be a whole number, or up to {MOST_VALUES} with commas between."


class Grouped(parameters.AnswerQuery):
    """What any metric may be asked for; its own names are added to it."""

    metric: ClassVar[Metric]

    @validates_schema
    def sorted_by_what_rows_have(self, data: dict[str, Any], **_: object) -> None:
        """A key that rows are not of can't sort them."""
        order = data.get("order", "").removeprefix("-")
        if order in self.metric.shown and order not in data.get("by", self.metric.by):
            raise ValidationError("must be a key in by, or a measure.", "order")


class Window(Grouped):
    """The days that are counted: the last so many, or from one to another."""

    days = parameters.within(
        1, 365, "The last calendar days, today included; 30 where nothing is said.", "days"
    )
    first = parameters.Day(
        data_key="from",
        metadata={"description": "Instead of `days`: the first day that is counted."},
    )
    last = parameters.Day(
        data_key="to",
        metadata={"description": "With `from`: the last one; without it, today."},
    )

    @validates_schema
    def one_way(self, data: dict[str, Any], **_: object) -> None:
        """`days`, or `from` and `to`."""
        if "last" in data and "first" not in data:
            raise ValidationError("goes with from.", "to")
        if "first" in data and "days" in data:
            raise ValidationError("goes with days or without: choose one.", "from")
        if "first" not in data:
            return
        if not EARLIEST <= data["first"].year <= LATEST:
            raise ValidationError(f"must be of the years {EARLIEST} to {LATEST}.", "from")
        # without `to`, until today: somewhere it is tomorrow already
        last = data.get("last") or max(data["first"], datetime.now(UTC).date() + timedelta(1))
        if not 0 <= (last - data["first"]).days < LONGEST:
            raise ValidationError(f"must be from 1 to {LONGEST} days from the first.", "to")


class _DayOrMoment(fields.String):
    """A day as a date; an instant as such, which the grains of a day are asked by."""

    _kinds = parameters.Day(), fields.AwareDateTime()

    def _deserialize(self, value: Any, attr: Any, data: Any, **more: Any) -> Any:
        for kind in self._kinds:
            with suppress(ValidationError):
                return kind.deserialize(value, attr, data, **more)
        raise ValidationError(
            "must be a day like 2026-11-28, or with grain a time like 2026-11-28T12:30:00Z."
        )


class WindowOfGrains(Window):
    """Of a metric that is kept by the hour and minute, too."""

    first = _DayOrMoment(
        data_key="from",
        metadata={
            "description": "Instead of `days`: the first day that is counted; with `grain` a day"
            " or an instant like 2026-11-28T12:30:00Z.",
        },
    )
    last = _DayOrMoment(
        data_key="to",
        metadata={
            "description": "With `from`: the last one; without it, today, or with `grain` now.",
        },
    )

    @validates_schema
    def one_way(self, data: dict[str, Any], **more: Any) -> None:
        """As of any metric; by the hour or minute how long a window is depends on the zone."""
        ends = {name: data[name] for name in ("first", "last") if name in data}
        if "grain" not in data:
            for name, end in ends.items():
                if isinstance(end, datetime):
                    sentence = "must be a day like 2026-11-28; a time goes with grain."
                    raise ValidationError(sentence, {"first": "from", "last": "to"}[name])
            super().one_way(data, **more)
        elif "last" in data and "first" not in data:
            raise ValidationError("goes with from.", "to")
        elif "first" in data and "days" in data:
            raise ValidationError("goes with days or without: choose one.", "from")


class _Keys(fields.String):
    """Names of keys with commas between, as a tuple."""

    def __init__(self, keys: tuple[str, ...], needed: tuple[str, ...], **more: Any) -> None:
        super().__init__(**more)
        self._keys, self._needed = keys, needed

    def _deserialize(self, value: Any, *_args: Any, **_more: Any) -> Any:
        by: tuple[str, ...] = tuple(filter(None, value.split(",")))
        if not set(self._needed) <= set(by):
            needed = ", ".join(self._needed)
            raise ValidationError(f"must have {needed}: not everything adds up over it.")
        if len(set(by)) < len(by) or not set(by) <= set(self._keys):
            keys = ", ".join(self._keys)
            raise ValidationError(f"must be of {keys}, each once, with commas between.")
        return by


class _Integers(fields.String):
    """Whole numbers with commas between, as a sorted list."""

    def _deserialize(self, value: Any, *_args: Any, **_more: Any) -> Any:
        given = value.split(",")
        # one number has one spelling, and each set of them one answer
        if len(given) > MOST_VALUES or not all(map(_INTEGER.fullmatch, given)):
            raise ValidationError(_SEVERAL)
        found = sorted({int(each) for each in given})
        if abs(found[0]) > parameters.LARGEST or abs(found[-1]) > parameters.LARGEST:
            raise ValidationError(_SEVERAL)
        return found


@cache  # a schema is a class, and lives as long as the process
def query_schema(metric: Metric) -> type[Schema]:
    """What a client may ask of the metric."""
    keys = ", ".join(metric.shown)
    sortable = (*metric.shown, *metric.numbers)
    more: dict[str, Any] = {
        "by": _Keys(
            tuple(metric.shown),
            (metric.date,) if metric.date and metric.is_by_date else (),
            metadata={
                "description": f"What rows are of, with commas between: of {keys}. Nothing gives"
                f" one row. `{','.join(metric.by)}` where it isn't given."
            },
        ),
        "order": fields.String(
            validate=validate.OneOf(
                [f"{sign}{name}" for name in sortable for sign in ("", "-")],
                error="must be a key or a measure, with - before it for the greatest first.",
            ),
            metadata={"description": "What rows are sorted by; a - before it: the greatest first."},
        ),
        "limit": parameters.within(
            1, MOST_ROWS, "How many rows at most; `total` is of all.", "rows", usual=1000
        ),
    }
    base: tuple[type[Schema], ...] = (Grouped,)
    if metric.date:
        base = (Window,)
        if metric.keys[metric.date].type == "day":
            base = (Window, parameters.Compare, parameters.Noted)
    if metric.grains:
        base = (WindowOfGrains, parameters.Compare, parameters.Noted)
        more["grain"] = fields.String(
            validate=validate.OneOf(metric.grains, error="must be hour or minute."),
            metadata={
                "description": "Rows by the hour or minute instead of the day, for as long as they"
                " are kept: the last 24 hours or 60 minutes where no window is given. `day` in `by`"
                " means them."
            },
        )
    if "mentor_id" in metric.shown and "username" not in metric.shown:
        base = (*base, parameters.Named)
    filters = {name: _filter(key) for name, key in metric.shown.items() if not key.is_date}
    asked = {name: _parameter(each) for name, each in metric.parameters.items()}
    return type(f"{metric.schema}Query", base, {"metric": metric} | more | filters | asked)


def _parameter(parameter: Parameter) -> fields.Field[Any]:
    if parameter.of:
        error = f"must be one of {', '.join(parameter.of)}."
        known = validate.OneOf(parameter.of, error=error)
        about = {"description": parameter.said.en}
        return cast(
            "fields.Field[Any]",
            fields.String(load_default=parameter.usual, validate=known, metadata=about),
        )
    return parameters.within(
        parameter.least, parameter.most, parameter.said.en, "days", usual=parameter.usual
    )


def _filter(key: Key) -> fields.Field[Any]:
    about = {"description": f"Only rows of this one. {key.said.en}"}
    if key.type == "integer":
        number = _INTEGER.pattern
        about = {
            "description": f"Only rows of this one, or of up to {MOST_VALUES} with commas between."
            f" {key.said.en}",
            "pattern": f"^({number})(,({number}))*$",
        }
        return cast("fields.Field[Any]", _Integers(metadata=about))
    if key.apart:
        # it stands in a header, too
        code = parameters.Money().fields["currency"].validators
        return cast("fields.Field[Any]", fields.String(validate=code, metadata=about))
    longest = validate.Length(1, 200, error="must have 1 to 200 characters.")
    return cast("fields.Field[Any]", fields.String(validate=[longest, _storable], metadata=about))


def _storable(text: str) -> None:
    if "\0" in text:
        raise ValidationError("holds a character of code 0.")
