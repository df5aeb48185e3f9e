"""Goals: what numbers are to reach."""

from typing import Any, ClassVar

from flask import Response
from flask.views import MethodView
from marshmallow import Schema

from api.access import permissions
from api.blueprint import blueprint
from api.entries.entry import Written, about, carried_out, comment, line, named
from api.entries.numbers import NumberEntry, amount, days, filters, stored
from api.fields import several
from api.requests.parameters import NoParameters


class GoalEntry(NumberEntry):
    metric = named(comment("goal.metric"), required=True)
    measure = named(comment("goal.measure"), required=True)
    filters = filters()
    days = days("goal.days")
    value = amount("goal.value", "that of the measure")
    text = line(200, load_default=None, allow_none=True, **about("goal.text"))


class GoalBody(GoalEntry, Written):
    pass


class GoalsBody(Schema):
    goals = several(GoalBody, "The newest 1,000, by their numbers.")


class OfMetric(NoParameters):
    metric = named("Only the goals of this metric.", load_default=None)


@blueprint.route("/goals")
class Goals(MethodView):
    decorators: ClassVar = [permissions.editor]

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
    decorators: ClassVar = [permissions.editor]

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
