"""What there is to ask for: the catalogue of metrics."""

from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from typing import Any, ClassVar

import orjson
from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields, validate

from api.access import permissions
from api.access.permissions import may_read_some, own_ids
from api.blueprint import blueprint
from api.database.freshness import timestamp
from api.database.reader import Reader
from api.families.metrics import sentence
from api.fields import nested, several, text
from api.requests import parameters
from api.requests.metrics import query_schema
from api.services import service
from shared.metrics import CHARTS, METRICS, Measure, Metric


class SaidBody(Schema):
    en = text("In English.")
    ru = text("In Russian.")


class WordBody(SaidBody):
    zh = text("In Chinese.")
    he = text("In Hebrew.")


class ColumnBody(Schema):
    name = text("In rows, in `by` and as a filter.")
    kind = fields.String(
        required=True,
        validate=validate.OneOf(("key", "label", "measure", "ratio")),
        metadata={
            "description": "A `key` groups and filters; a `label` comes where rows are of all keys;"
            " a `measure` adds up; a `ratio`, as a percentile, does not."
        },
    )
    of = text("Of a key its type: day, week, month, integer or text; of others their unit.")
    title = nested(SaidBody, "What it is.")
    values = fields.Dict(
        fields.String(),
        fields.Nested(WordBody),
        required=True,
        metadata={
            "description": "Of a key of text, what people read in place of a value; one that is not"
            " named here is read as it is."
        },
    )
    total = fields.Boolean(
        required=True,
        metadata={
            "description": "Whether what all rows have together means something to people. It is"
            " answered even so."
        },
    )


class MetricBody(Schema):
    name = text("Its address is `metrics/` and this.")
    title = nested(SaidBody, "What to call it.")
    meaning = nested(SaidBody, "What it counts, in a sentence.")
    readers = text(
        "`admins`; `user_id` or `mentor_id` where a user or a mentor may read their own rows, too."
    )
    own = fields.List(
        fields.Integer(strict=True),
        required=True,
        metadata={"description": "Of that key, the ids that are the account's own."},
    )
    date = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The key that is the date; null where it is of all time."},
    )
    by = fields.List(
        fields.String(), required=True, metadata={"description": "What rows are of, unasked."}
    )
    listed = fields.Boolean(
        required=True,
        metadata={"description": "False where other metrics are counted from it, and no more."},
    )
    chart = text(f"How to draw it: {', '.join(CHARTS)}.")
    parameters = fields.List(
        fields.String(), required=True, metadata={"description": "What it may be asked for."}
    )
    columns = several(ColumnBody, "Of its rows, in their order.")
    definition = text("The SELECT that it is, over signed rows: each counts `w` times.")
    unavailable = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Why it is not available here; null where it is."},
    )
    as_of = fields.AwareDateTime(
        required=True, metadata={"description": "Every change up to then is counted. RFC 3339."}
    )
    audited_at = fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={"description": "When it, or a part, was last compared with MentorHub's rows."},
    )
    drift = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Rows that this found to be wrong.", "x-unit": "count"},
    )


class MetricsBody(Schema):
    metrics = several(MetricBody, "Those that the account may read, by name.")


class CatalogueQuery(parameters.NoParameters):
    unlisted = parameters.flag("With those that only other metrics are counted from.")


@blueprint.route("/metrics")
class Catalogue(MethodView):
    decorators: ClassVar = [permissions.everyone]
    is_stored = False

    @blueprint.arguments(CatalogueQuery, location="query")
    @blueprint.response(200, MetricsBody)
    def get(self, query: dict[str, Any]) -> Response:
        """What there is to ask for: every metric, and how to draw it."""
        state = {row.name: row for row in service(Reader).rows("metrics")}
        listed = [
            _said(metric) | _state(state[metric.name]) | {"own": own_ids(metric.readers)}
            for metric in METRICS.values()
            if (metric.is_listed or query["unlisted"])
            and metric.name in state
            and may_read_some(metric.readers)
        ]
        headers = {"Cache-Control": "private, no-cache"}
        body = orjson.dumps({"metrics": listed})
        return Response(body, headers=headers, content_type="application/json")


@cache
def _said(metric: Metric) -> dict[str, Any]:
    """What its file says; nothing of it changes while the process lives."""
    schema: Any = query_schema(metric)()
    asked: dict[str, Any] = schema.fields
    return {
        "name": metric.name,
        "title": asdict(metric.title),
        "meaning": asdict(metric.meaning),
        "readers": metric.readers,
        "date": metric.date,
        "by": metric.by,
        "listed": metric.is_listed,
        "chart": metric.chart,
        "parameters": [str(field.data_key or name) for name, field in asked.items()],
        "columns": [*_columns(metric)],
        "definition": metric.select,
    }


def _state(state: Any) -> dict[str, Any]:
    return {
        "unavailable": state.missing and sentence(state.missing),
        "as_of": timestamp(state.as_of),
        "audited_at": state.audited_at and timestamp(state.audited_at),
        "drift": state.drift,
    }


def _columns(metric: Metric) -> Iterator[dict[str, Any]]:
    for name, column in metric.answered.items():
        is_number = isinstance(column, Measure)
        yield {
            "name": name,
            "kind": _kind(metric, name),
            "of": column.unit if is_number else column.type,
            "title": asdict(column.said),
            "values": {} if is_number else {each: asdict(w) for each, w in column.values.items()},
            "total": is_number and name in metric.numbers and column.total,
        }


def _kind(metric: Metric, name: str) -> str:
    ratios = {**metric.ratios, **metric.percentiles}
    kinds = {"key": metric.keys, "measure": metric.measures, "ratio": ratios}
    return next((kind for kind, columns in kinds.items() if name in columns), "label")
