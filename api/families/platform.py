"""The platform at a glance, all time."""

from typing import Any, ClassVar

from flask import Response
from flask.views import MethodView
from marshmallow import Schema

from api.access import permissions
from api.answers.responses import answer
from api.blueprint import blueprint
from api.fields import AMOUNT, PERCENT, STARS, compared, count, nested, number, text
from api.requests import parameters
from shared.comments import comment_on


class PlatformUsersBody(Schema):
    total = count(comment_on("platform_total.users"))
    students = count(comment_on("platform_total.students"))
    mentors = count(comment_on("platform_total.mentors"))
    verified = count(comment_on("platform_total.verified_users"))
    verification_rate = number(comment_on("platform_total.verification_rate"), PERCENT)


class PlatformSessionsBody(Schema):
    total = count(comment_on("platform_total.sessions"))
    completed = count(comment_on("platform_total.completed_sessions"))
    scheduled = count(comment_on("platform_total.scheduled_sessions"))
    completion_rate = number(comment_on("platform_total.completion_rate"), PERCENT)


class PlatformCoursesBody(Schema):
    total = count(comment_on("platform_total.courses"))
    published = count(comment_on("platform_total.published_courses"))
    enrollments = count(comment_on("platform_total.enrollments"))
    avg_enrollments_per_course = number(
        comment_on("platform_total.avg_enrollments_per_course"), "enrolments"
    )


class PlatformReviewsBody(Schema):
    total = count(comment_on("platform_total.reviews"))
    average_rating = number(comment_on("platform_total.average_rating"), STARS)


class PlatformRevenueBody(Schema):
    total = number("Completed payments of all time in `currency`, together.", AMOUNT)
    currency = text("ISO 4217 code of what `total` is in.")


class PlatformBody(Schema):
    users = nested(PlatformUsersBody, "Who has an account.")
    sessions = nested(PlatformSessionsBody, "What was booked, and became of it.")
    courses = nested(PlatformCoursesBody, "What is taught, and to how many.")
    reviews = nested(PlatformReviewsBody, "What is thought of mentors and courses.")
    revenue = nested(PlatformRevenueBody, "What was paid.")
    comparison = compared()


@blueprint.route("/platform")
class Platform(MethodView):
    decorators: ClassVar = [permissions.admin]

    @blueprint.arguments(parameters.MoneyCompared, location="query")
    @blueprint.response(200, PlatformBody)
    def get(self, query: dict[str, Any]) -> Response:
        """Everything at a glance, all time."""
        return answer("platform", **query)
