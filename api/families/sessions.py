"""Sessions by status, and the busiest mentors."""

from typing import Any, ClassVar

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from api import access, parameters
from api.answers import answer
from api.blueprint import blueprint
from api.columns import compared, count, number, several


class TopMentorBody(Schema):
    mentor_id = count()
    sessions = count()


class SessionAnalyticsBody(Schema):
    total = count()
    by_status = fields.Dict(fields.String(), fields.Integer(strict=True), required=True)
    avg_duration_minutes = number()
    top_mentors = several(TopMentorBody)


class SessionsBody(Schema):
    period_days = count()
    analytics = fields.Nested(SessionAnalyticsBody, required=True)
    comparison = compared()


@blueprint.route("/sessions")
class Sessions(MethodView):
    decorators: ClassVar = [access.admin]

    @blueprint.arguments(parameters.DaysCompared, location="query")
    @blueprint.response(200, SessionsBody)
    def get(self, query: dict[str, Any]) -> Response:
        """Sessions by status, and the busiest mentors."""
        return answer("sessions", **query)
