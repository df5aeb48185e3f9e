"""The platform at a glance, all time."""

from typing import Any, ClassVar

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from api import access, parameters
from api.answers import answer
from api.blueprint import blueprint
from api.columns import compared, count, number


class PlatformUsersBody(Schema):
    total = count()
    students = count()
    mentors = count()
    verified = count()
    verification_rate = number()


class PlatformSessionsBody(Schema):
    total = count()
    completed = count()
    scheduled = count()
    completion_rate = number()


class PlatformCoursesBody(Schema):
    total = count()
    published = count()
    enrollments = count()
    avg_enrollments_per_course = number()


class PlatformReviewsBody(Schema):
    total = count()
    average_rating = number()


class PlatformRevenueBody(Schema):
    total = number()
    currency = fields.String(required=True)


class PlatformBody(Schema):
    users = fields.Nested(PlatformUsersBody, required=True)
    sessions = fields.Nested(PlatformSessionsBody, required=True)
    courses = fields.Nested(PlatformCoursesBody, required=True)
    reviews = fields.Nested(PlatformReviewsBody, required=True)
    revenue = fields.Nested(PlatformRevenueBody, required=True)
    comparison = compared()


@blueprint.route("/platform")
class Platform(MethodView):
    decorators: ClassVar = [access.admin]

    @blueprint.arguments(parameters.MoneyCompared, location="query")
    @blueprint.response(200, PlatformBody)
    def get(self, query: dict[str, Any]) -> Response:
        """Everything at a glance, all time."""
        return answer("platform", **query)
