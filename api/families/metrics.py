"""Every metric of sql/metric at an address of its own."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, ClassVar, cast

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from api.access import permissions
from api.answers.responses import answer
from api.blueprint import blueprint
from api.database.reader import Query, Reader
from api.fields import (
    AMOUNT,
    PERCENT,
    STARS,
    compared,
    count,
    day,
    identifier,
    number,
    text,
)
from api.problems import Problem, refuse
from api.requests.metrics import MOST_ROWS, query_schema
from api.services import service
from shared import sqlfiles
from shared.metrics import ADMINS, EVERY, GRAINS, METRICS, Key, Measure, Metric, journals

UNITS = {"money": AMOUNT, "percent": PERCENT, "stars": STARS, "points": "points", "count": "count"}
"""How the document says the units of a metric file; others are said as they are."""


def body_schema(metric: Metric) -> type[Schema]:
    """What the metric's answer holds."""
    numbers = {
        name: number(measure.said.en, UNITS.get(measure.unit, measure.unit))
        if name not in metric.measures or measure.unit != "count"
        else count(measure.said.en)
        for name, measure in metric.numbers.items()
    }
    keys = {name: _told(key) for name, key in {**metric.shown, **_grain_keys(metric)}.items()}
    alone = {name: _alone(measure) for name, measure in metric.alone.items()}
    for field in (*keys.values(), *alone.values()):
        field.required = False
    row = Schema.from_dict(keys | alone | numbers, name=f"{metric.schema}Row")
    total = Schema.from_dict(dict(numbers), name=f"{metric.schema}Total")
    body: dict[str, Any] = {
        "metric": text("The metric's name."),
        "first": _end(metric, "from", "First day that is counted; null where it is all time."),
        "last": _end(metric, "to", "Last day that is counted; null where it is all time."),
        "by": fields.List(
            fields.String(), required=True, metadata={"description": "The keys of the rows."}
        ),
        "rows": fields.List(
            fields.Nested(row),
            required=True,
            metadata={"description": "One for each combination of the keys; every date of them."},
        ),
        "total": fields.Nested(
            total,
            required=True,
            allow_none=True,
            metadata={"description": "Over everything asked for; null for several currencies."},
        ),
    }
    if metric.date:
        body["comparison"] = compared()
    return Schema.from_dict(body, name=f"{metric.schema}Body")


SAMPLES = {"integer": 5, "text": "completed"}
"""Of keys, for examples; of dates a Monday that a month begins with."""


def example(metric: Metric) -> dict[str, Any]:
    """What an answer looks like."""
    days = "2025-12-01" if metric.date else None
    numbers = dict.fromkeys(metric.measures, 12) | dict.fromkeys(metric.ratios, 50.0)
    numbers |= dict.fromkeys(metric.percentiles, 48)
    keys = {name: SAMPLES.get(metric.keys[name].type, "2025-12-01") for name in metric.by}
    return {
        "metric": metric.name,
        "from": days,
        "to": days,
        "by": list(metric.by),
        "rows": [keys | numbers],
        "total": numbers,
    }


EXAMPLES = {f"{metric.schema}Body": example(metric) for metric in METRICS.values()}
"""By the names of their schemas."""


def _grain_keys(metric: Metric) -> dict[str, Key]:
    """Hour and minute, where rows may be of them."""
    return {grain: metric.series[grain].keys[grain] for grain in metric.grains}


def _end(metric: Metric, name: str, meaning: str) -> fields.Field[Any]:
    about: dict[str, Any] = {"description": meaning}
    kind = fields.Date
    if metric.grains:
        kind = fields.String
        about["description"] += " With `grain` the first instant of the hour or minute."
    return cast(
        "fields.Field[Any]", kind(required=True, allow_none=True, data_key=name, metadata=about)
    )


def _told(key: Key) -> fields.Field[Any]:
    if key.type in GRAINS:
        about = {"description": key.said.en}
        return cast("fields.Field[Any]", fields.AwareDateTime(metadata=about))
    kinds = {"integer": identifier, "text": text}
    return cast("fields.Field[Any]", kinds.get(key.type, day)(key.said.en))


def _alone(measure: Measure) -> fields.Field[Any]:
    about = {"description": measure.said.en}
    if measure.unit == "moment":
        return cast("fields.Field[Any]", fields.AwareDateTime(allow_none=True, metadata=about))
    if measure.unit == "text":
        return cast("fields.Field[Any]", fields.String(allow_none=True, metadata=about))
    unit = UNITS.get(measure.unit, measure.unit)
    return cast("fields.Field[Any]", fields.Float(metadata=about | {"x-unit": unit}))


def sentence(missing: str) -> str:
    """Why a metric is not there, by the columns that MentorHub lacks."""
    return f"not available here: MentorHub has no {missing}."


def _asked(metric: Metric, query: dict[str, Any]) -> Response:
    missing = service(Reader).row("metric_missing", family=metric.address)
    if missing:
        refuse(Problem.UNKNOWN_ADDRESS, f"{metric.name} is {sentence(missing.columns)}")
    by = query.pop("by", metric.by)
    filters = tuple(name for name in metric.shown if name in query)
    order = query.pop("order", "")
    compare = query.pop("compare", None)
    grain = query.pop("grain", None) if metric.grains else None
    if grain:
        if compare:
            refuse(Problem.INVALID_PARAMETER, "compare goes without grain.")
        metric = metric.series[grain]
        by = tuple(grain if name == "day" else name for name in by)
        order = order.replace("day", grain) if order.removeprefix("-") == "day" else order
        query = _window(grain, query)
    rendered = _query(metric.name, by, filters, order, compared=compare is not None)
    if metric.date and not grain:
        days = None if "first" in query else query.pop("days", 30)
        query = {"first": None, "last": None, "days": days} | query
    query = dict.fromkeys(metric.apart) | query
    # what the query's text depends on is a part of the answer's name, too
    said: dict[str, Any] = {"by": ",".join(by), "order": order or None, "compare": compare}
    return answer(metric.address, rendered, **query, **said)


def _window(grain: str, query: dict[str, Any]) -> dict[str, Any]:
    """The query with the first and last hour or minute that it asks for, as instants."""
    asked: dict[str, Any] = {"days": query.pop("days", None)}
    for end in ("first", "last"):
        given = query.pop(end, None)
        is_instant = isinstance(given, datetime)
        asked |= {end: given if is_instant else None, f"{end}_day": None if is_instant else given}
    found = cast("Any", service(Reader).row("series", grain=grain, **asked))
    sentence = None
    if found.first < found.since:
        sentence = f"from must be no earlier: {grain}s are kept since {found.since.isoformat()}."
    elif not 0 <= (found.last - found.first) / timedelta(**{f"{grain}s": 1}) < MOST_ROWS:
        sentence = f"to must be from 1 to {MOST_ROWS} {grain}s from the first."
    if sentence:
        refuse(Problem.INVALID_PARAMETER, sentence)
    return query | {"first": found.first.isoformat(), "last": found.last.isoformat()}


@lru_cache(1000)
def _query(
    name: str, by: tuple[str, ...], filters: tuple[str, ...], order: str, *, compared: bool
) -> Query:
    metric = EVERY[name]
    pinned = tuple(key for key in metric.apart if key not in by)
    rendered = sqlfiles.render(
        "each_metric/answer",
        metric=metric,
        table=_table(metric, {*by, *filters, *metric.apart}),
        journals=journals(metric),
        by=by,
        filters=tuple(key for key in filters if key not in pinned),
        pinned=pinned,
        unit="wanted.unit" if pinned else f"analytics.unit({next(iter(metric.apart), '')})",
        is_whole=set(by) == set(metric.shown),
        order=order.lstrip("-"),
        descending=order.startswith("-"),
        compared=compared,
    )
    return Query(rendered)


def _table(metric: Metric, told_apart: set[str]) -> str:
    """Where the rows are that these keys tell apart, and the fewest of them."""
    if metric.coarser and told_apart <= EVERY[metric.coarser].keys.keys():
        return metric.coarser
    return metric.name


def _serve(metric: Metric) -> None:
    own = metric.readers != ADMINS
    permission = permissions.own_rows_or_admin(metric.readers) if own else permissions.admin

    class One(MethodView):
        decorators: ClassVar = [permission]

        @blueprint.arguments(query_schema(metric), location="query")
        @blueprint.response(200, body_schema(metric))
        @blueprint.alt_response(404, response="NOT_FOUND")
        @blueprint.doc(summary=metric.title.en, description=metric.meaning.en)
        def get(self, query: dict[str, Any]) -> Response:
            return _asked(metric, query)

    One.__name__ = metric.schema
    blueprint.route(f"/metrics/{metric.name}")(One)


for each in METRICS.values():
    _serve(each)
