"""Goals: what numbers are to reach."""

from decimal import Decimal
from typing import Any, ClassVar

import orjson
from flask import Response
from flask.views import MethodView
from marshmallow import Schema, ValidationError, fields, validate

from api.access import guards
from api.blueprint import blueprint
from api.entries.entry import NAME, Entry, Written, about, carried_out, comment, line, named
from api.fields import several
from api.requests.parameters import NoParameters

LARGEST = 10**30
"""Smaller than this is what anything is counted in."""

MOST_FILTERS = 8


def filters() -> fields.Dict:
    """Key to value."""
    return fields.Dict(
        fields.String(validate=validate.Regexp(NAME, error="is no key.")),
        line(200),
        load_default=dict,
        validate=validate.Length(max=MOST_FILTERS, error=f"has {MOST_FILTERS} keys at most."),
        **about("goal.filters"),
    )


def not_too_large(value: Decimal) -> None:
    # no Range, whose bounds the document would have as text
    if abs(value) >= LARGEST:
        raise ValidationError("is too large.")


class GoalEntry(Entry):
    metric = named(comment("goal.metric"), required=True)
    measure = named(comment("goal.measure"), required=True)
    filters = filters()
    days = fields.Integer(
        load_default=1,
        strict=True,
        validate=validate.Range(1, 365, error="must be a whole number from 1 to 365."),
        **about("goal.days", "days"),
    )
    value = fields.Decimal(
        required=True,
        allow_nan=False,
        validate=not_too_large,
        error_messages={"invalid": "must be a number.", "special": "must be a number."},
        **about("goal.value", "that of the measure"),
    )
    text = line(200, load_default=None, allow_none=True, **about("goal.text"))


class GoalBody(GoalEntry, Written):
    pass


class GoalsBody(Schema):
    goals = several(GoalBody, "The newest 1,000, by their numbers.")


class OfMetric(NoParameters):
    metric = named("Only the goals of this metric.", load_default=None)


def stored(entry: dict[str, Any]) -> dict[str, Any]:
    """As the statement takes it."""
    return entry | {"filters": orjson.dumps(entry["filters"]).decode()}


@blueprint.route("/goals")
class Goals(MethodView):
    decorators: ClassVar = [guards.editor]

    @blueprint.arguments(OfMetric, location="query")
    @blueprint.response(200, GoalsBody)
    def get(self, query: dict[str, Any]) -> Response:
        """What numbers are to reach."""
        return carried_out("goals", **query)

    @blueprint.arguments(GoalEntry)
    @blueprint.response(200, GoalBody)
    def post(self, entry: dict[str, Any]) -> Response:
        """A new goal."""
        return carried_out("goal_new", **stored(entry))


@blueprint.route("/goals/<id:id>")
class Goal(MethodView):
    decorators: ClassVar = [guards.editor]

    @blueprint.arguments(GoalEntry)
    @blueprint.response(200, GoalBody)
    @blueprint.alt_response(404, response="NOT_FOUND")
    def put(self, entry: dict[str, Any], id: int) -> Response:  # noqa: A002 - as in the address
        """Write the goal anew."""
        return carried_out("goal_changed", id=id, **stored(entry))

    @blueprint.response(200, GoalBody)
    @blueprint.alt_response(404, response="NOT_FOUND")
    def delete(self, id: int) -> Response:  # noqa: A002 - as in the address
        """Delete the goal; the answer is what it was."""
        return carried_out("goal_deleted", id=id)
