"""What a user did as a learner."""

from typing import Any, ClassVar

from flask import Response, g
from flask.views import MethodView
from marshmallow import Schema, fields

from api import access, audit, parameters
from api.answers import answer
from api.blueprint import blueprint
from api.columns import count, number


class EngagementBody(Schema):
    user_id = count()
    username = fields.String(required=True)
    sessions_attended = count()
    courses_enrolled = count()
    avg_progress = number()
    reviews_written = count()
    last_activity = fields.AwareDateTime(required=True, allow_none=True)
    engagement_score = count()


@blueprint.route("/user/<id:user_id>/engagement")
class UserEngagement(MethodView):
    decorators: ClassVar = [access.oneself_or_admin, audit.reads_of_others]

    @blueprint.arguments(parameters.Answer, location="query")
    @blueprint.response(200, EngagementBody)
    @blueprint.alt_response(404, response="NOT_FOUND")
    def get(self, query: dict[str, Any], user_id: int) -> Response:
        """What a user did as a learner."""
        return answer("engagement", **query, user_id=user_id)


@blueprint.route("/me/engagement")
class MyEngagement(MethodView):
    decorators: ClassVar = [access.everyone]

    @blueprint.arguments(parameters.Answer, location="query")
    @blueprint.response(200, EngagementBody)
    @blueprint.alt_response(404, response="NOT_FOUND")
    def get(self, query: dict[str, Any]) -> Response:
        """What the token's user did as a learner."""
        return answer("engagement", **query, user_id=g.account.id)
