"""The seven endpoints that clients were promised: what their bodies hold, and their views."""

from typing import Any, ClassVar

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from api.access import permissions, read_log
from api.answers.responses import answer
from api.blueprint import blueprint
from api.fields import (
    AMOUNT,
    PERCENT,
    STARS,
    compared,
    count,
    day,
    identifier,
    nested,
    number,
    several,
    text,
    window,
)
from api.requests import paging, parameters
from api.requests.carried import carried
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


class NewUsersBody(Schema):
    date = day(comment_on("user_day.day"))
    new_users = count(comment_on("user_day.new_users"))


class UserGrowthBody(Schema):
    period_days = window()
    data = several(NewUsersBody, "Every day of the window, the oldest first.")
    comparison = compared()


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


class CourseBody(Schema):
    course_id = identifier(comment_on("course_performance.course_id"))
    course_title = text(comment_on("course_performance.title"))
    enrollments = count(comment_on("course_performance.enrollments"))
    avg_progress = number(comment_on("course_performance.avg_progress"), PERCENT)
    completed = count(comment_on("course_performance.completed"))
    completion_rate = number(comment_on("course_performance.completion_rate"), PERCENT)
    avg_rating = number(comment_on("course_performance.avg_rating"), STARS)


class CoursesBody(Schema):
    courses = several(CourseBody, "By `course_id`, or as `sort` and `order` say.")


class DailyRevenueBody(Schema):
    date = day(comment_on("payment_day.day"))
    revenue = number("Completed payments created on it, together.", AMOUNT)


class RevenueAnalyticsBody(Schema):
    total_revenue = number("Completed payments created in the window, together.", AMOUNT)
    transaction_count = count("How many completed payments were created in the window.")
    avg_transaction = number("`total_revenue` / `transaction_count`; 0 without any.", AMOUNT)
    daily_revenue = several(DailyRevenueBody, "Every day of the window, the oldest first.")


class RevenueBody(Schema):
    period_days = window()
    analytics = nested(RevenueAnalyticsBody, "The payments of these days in one currency.")
    comparison = compared()


SCORE = (
    "`floor(min(3 * sessions_attended, 30) + min(5 * courses_enrolled, 25)"
    " + min(0.3 * avg_progress, 30) + min(5 * reviews_written, 15))`,"
    " of the mean progress before it is rounded."
)
"""What sql/metric/user_engagement.sql calculates; a test compares the two."""

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


@blueprint.route("/platform")
class Platform(MethodView):
    decorators: ClassVar = [permissions.admin]

    @blueprint.arguments(parameters.MoneyCompared, location="query")
    @blueprint.response(200, PlatformBody)
    def get(self, query: dict[str, Any]) -> Response:
        """Everything at a glance, all time."""
        return answer("platform", **query)


@blueprint.route("/user-growth")
class UserGrowth(MethodView):
    decorators: ClassVar = [permissions.admin]

    @blueprint.arguments(parameters.DaysCompared, location="query")
    @blueprint.response(200, UserGrowthBody)
    def get(self, query: dict[str, Any]) -> Response:
        """New users, day by day."""
        return answer("user_growth", **query)


@blueprint.route("/sessions")
class Sessions(MethodView):
    decorators: ClassVar = [permissions.admin]

    @blueprint.arguments(parameters.DaysComparedNamed, location="query")
    @blueprint.response(200, SessionsBody)
    def get(self, query: dict[str, Any]) -> Response:
        """Sessions by status, and the busiest mentors."""
        return answer("sessions", **query)


@blueprint.route("/courses")
class Courses(MethodView):
    decorators: ClassVar = [permissions.admin, paging.linked]

    @blueprint.arguments(paging.Courses, location="query")
    @blueprint.response(200, {"oneOf": [CoursesBody, CourseBody]})
    @blueprint.alt_response(404, response="NOT_FOUND")
    def get(self, query: dict[str, Any]) -> Response:
        """How every course does, or one."""
        if "course_id" in query:
            return answer("courses", "course", **query)
        if paging.asks_for_a_page(query):
            return answer("courses", "courses_page", **paging.bound(query))
        return answer("courses", **query)


@blueprint.route("/revenue")
class Revenue(MethodView):
    decorators: ClassVar = [permissions.admin]

    @blueprint.arguments(parameters.DaysAndMoneyCompared, location="query")
    @blueprint.response(200, RevenueBody)
    def get(self, query: dict[str, Any]) -> Response:
        """Completed payments, day by day."""
        return answer("revenue", **query)


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
