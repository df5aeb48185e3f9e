"""Alert rules, and when they fired; workers evaluate them and tell webhooks."""

import re
from typing import Any, ClassVar
from urllib.parse import urlsplit

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from api.access import permissions
from api.blueprint import blueprint
from api.entries.entry import Written, about, carried_out, comment, line, named
from api.entries.numbers import NumberEntry, amount, days, filters, stored
from api.fields import count, identifier, several
from api.requests.parameters import NoParameters, within
from shared.metrics import METRICS


def _address(text: str) -> None:
    try:
        parts = urlsplit(text)
        is_one = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        is_bare = parts.username is None and parts.password is None
    except ValueError:
        is_one = is_bare = False
    if not is_one or not is_bare or not re.fullmatch("[!-~]+", text):
        raise ValidationError("must be an address like https://example.com/alerts, without a user.")


class AlertEntry(NumberEntry):
    metric = named(comment("alert.metric"), required=True)
    measure = named(comment("alert.measure"), required=True)
    filters = filters()
    days = days("alert.days")
    is_relative = fields.Boolean(
        load_default=False, truthy={True}, falsy={False}, **about("alert.is_relative")
    )
    direction = fields.String(
        required=True,
        validate=validate.OneOf(("above", "below"), error="must be above or below."),
        **about("alert.direction"),
    )
    threshold = amount("alert.threshold", "that of the measure, or percent")
    webhook = fields.String(
        load_default=None,
        allow_none=True,
        validate=[validate.Length(max=1000, error="is too long."), _address],
        **about("alert.webhook"),
    )
    is_active = fields.Boolean(
        load_default=True, truthy={True}, falsy={False}, **about("alert.is_active")
    )
    text = line(200, load_default=None, allow_none=True, **about("alert.text"))

    @validates_schema
    def can_be_watched(self, data: dict[str, Any], **_: object) -> None:
        """By every fold; and a change is one against as many days before."""
        metric = METRICS.get(data["metric"])
        if metric and not metric.is_watchable:
            raise ValidationError("is counted when it is read: no rule can be about it.", "metric")
        is_by_day = metric and metric.date and metric.keys[metric.date].type == "day"
        if data["is_relative"] and not is_by_day:
            raise ValidationError("needs a metric by day.", "is_relative")


class AlertBody(AlertEntry, Written):
    pass


class AlertsBody(Schema):
    alerts = several(AlertBody, "The newest 1,000, by their numbers.")


class FiringBody(Schema):
    id = identifier(comment("firing.id"))
    alert_id = identifier(comment("firing.alert"))
    fired_at = fields.AwareDateTime(required=True, **about("firing.fired_at"))
    value = fields.Float(required=True, **about("firing.value", "that of the threshold"))
    previous = fields.Float(
        required=True, allow_none=True, **about("firing.previous", "that of the measure")
    )
    ended_at = fields.AwareDateTime(required=True, allow_none=True, **about("firing.ended_at"))
    attempts = count(comment("firing.attempts"))
    delivered_at = fields.AwareDateTime(
        required=True, allow_none=True, **about("firing.delivered_at")
    )
    error = fields.String(required=True, allow_none=True, **about("firing.error"))
    acknowledged_at = fields.AwareDateTime(
        required=True, allow_none=True, **about("firing.acknowledged_at")
    )
    acknowledged_by = fields.Integer(
        required=True, allow_none=True, **about("firing.acknowledged_by")
    )
    acknowledger = fields.String(
        required=True, allow_none=True, metadata={"description": "Their username."}
    )


class FiredBody(Schema):
    fired = several(FiringBody, "The newest first.")


class Newest(NoParameters):
    limit = within(1, 1000, "How many of the newest.", "count", usual=100)


@blueprint.route("/alerts")
class Alerts(MethodView):
    decorators: ClassVar = [permissions.editor]

    @blueprint.arguments(NoParameters, location="query")
    @blueprint.response(200, AlertsBody)
    def get(self, _query: dict[str, Any]) -> Response:
        """The rules."""
        return carried_out("alerts")

    @blueprint.arguments(AlertEntry)
    @blueprint.response(200, AlertBody)
    def post(self, entry: dict[str, Any]) -> Response:
        """A new rule; the next fold evaluates it."""
        return carried_out("alert_new", **stored(entry))


@blueprint.route("/alerts/<id:id>")
class Alert(MethodView):
    decorators: ClassVar = [permissions.editor]

    @blueprint.arguments(AlertEntry)
    @blueprint.response(200, AlertBody)
    @blueprint.alt_response(404, response="NOT_FOUND")
    def put(self, entry: dict[str, Any], id: int) -> Response:  # noqa: A002 - as in the address
        """Write the rule anew."""
        return carried_out("alert_changed", id=id, **stored(entry))

    @blueprint.response(200, AlertBody)
    @blueprint.alt_response(404, response="NOT_FOUND")
    def delete(self, id: int) -> Response:  # noqa: A002 - as in the address
        """Delete the rule, and that it ever fired; the answer is what it was."""
        return carried_out("alert_deleted", id=id)


@blueprint.route("/alerts/fired")
class Fired(MethodView):
    decorators: ClassVar = [permissions.editor]

    @blueprint.arguments(Newest, location="query")
    @blueprint.response(200, FiredBody)
    def get(self, query: dict[str, Any]) -> Response:
        """When rules fired, and whether their webhooks were told."""
        return carried_out("fired", **query)


@blueprint.route("/alerts/fired/<id:id>/acknowledgement")
class Acknowledgement(MethodView):
    decorators: ClassVar = [permissions.editor]

    @blueprint.response(200, FiringBody)
    @blueprint.alt_response(404, response="NOT_FOUND")
    def put(self, id: int) -> Response:  # noqa: A002 - as in the address
        """Take note of it: it rings on no page any more; who did so first is remembered."""
        return carried_out("fired_acknowledged", id=id)
