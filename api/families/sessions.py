"""Sessions by status, and the busiest mentors."""

from typing import Any, ClassVar

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from api.access import permissions
from api.answers.responses import answer
from api.blueprint import blueprint
from api.fields import compared, count, identifier, nested, number, several, window
from api.requests import parameters
from shared.comments import comment_on


class TopMentorBody(Schema):
    mentor_id = identifier(comment_on("mentor_ranking.mentor_id"))
    sessions = count(comment_on("mentor_ranking.sessions"))


class SessionAnalyticsBody(Schema):
    total = count("Sessions created in the window.")
    by_status = fields.Dict(
        fields.String(),
        fields.Integer(strict=True),
        required=True,
        metadata={
            "description": "The same by status, as it is now: each that MentorHub knows, and"
            " any other that occurs, in lower case.",
            "x-unit": "count",
        },
    )
    avg_duration_minutes = number(
        "Mean planned duration of the sessions created in the window.", "minutes"
    )
    top_mentors = several(
        TopMentorBody, "Ten at most: most sessions first, then the smaller `mentor_id`."
    )


class SessionsBody(Schema):
    period_days = window()
    analytics = nested(SessionAnalyticsBody, "The sessions created in these days.")
    comparison = compared()


@blueprint.route("/sessions")
class Sessions(MethodView):
    decorators: ClassVar = [permissions.admin]

    @blueprint.arguments(parameters.DaysComparedNamed, location="query")
    @blueprint.response(200, SessionsBody)
    def get(self, query: dict[str, Any]) -> Response:
        """Sessions by status, and the busiest mentors."""
        return answer("sessions", **query)
