"""What a user did as a learner."""

from typing import Any, ClassVar

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from api.access import permissions, read_log
from api.answers.responses import answer
from api.blueprint import blueprint
from api.fields import PERCENT, count, identifier, number, text
from api.requests import parameters
from api.requests.carried import carried
from shared.comments import comment_on

SCORE = (
    "`floor(min(3 * sessions_attended, 30) + min(5 * courses_enrolled, 25)"
    " + min(0.3 * avg_progress, 30) + min(5 * reviews_written, 15))`,"
    " of the mean progress before it is rounded."
)
"""What sql/summary/user_engagement.sql calculates; a test compares the two."""

WHOSE = {"in": "path", "name": "user_id", "description": comment_on("user_engagement.user_id")}


class EngagementBody(Schema):
    user_id = identifier(comment_on("user_engagement.user_id"))
    username = text(comment_on("user_engagement.username"))
    sessions_attended = count(comment_on("user_engagement.sessions_attended"))
    courses_enrolled = count(comment_on("user_engagement.courses_enrolled"))
    avg_progress = number(comment_on("user_engagement.avg_progress"), PERCENT)
    reviews_written = count(comment_on("user_engagement.reviews_written"))
    last_activity = fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={
            "description": comment_on("user_engagement.last_activity")
            + " RFC 3339 with its offset; null where there is none."
        },
    )
    engagement_score = count(
        f"{comment_on('user_engagement.engagement_score')} {SCORE}", "points, 0 to 100"
    )


@blueprint.route("/user/<id:user_id>/engagement", parameters=[WHOSE])
class UserEngagement(MethodView):
    decorators: ClassVar = [permissions.oneself_or_admin, read_log.reads_of_others]

    @blueprint.arguments(parameters.AnswerQuery, location="query")
    @blueprint.response(200, EngagementBody)
    @blueprint.doc(description=f"The engagement score is {SCORE}")
    @blueprint.alt_response(404, response="NOT_FOUND")
    def get(self, query: dict[str, Any], user_id: int) -> Response:
        """What a user did as a learner."""
        return answer("engagement", **query, user_id=user_id)


@blueprint.route("/me/engagement")
class MyEngagement(MethodView):
    decorators: ClassVar = [permissions.everyone]

    @blueprint.arguments(parameters.AnswerQuery, location="query")
    @blueprint.response(200, EngagementBody)
    @blueprint.doc(description=f"The engagement score is {SCORE}")
    @blueprint.alt_response(404, response="NOT_FOUND")
    def get(self, query: dict[str, Any]) -> Response:
        """What the token's user did as a learner."""
        return answer("engagement", **query, user_id=carried().account.id)
