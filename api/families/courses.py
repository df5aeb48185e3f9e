"""How courses do, all time."""

from typing import Any, ClassVar

from flask import Response
from flask.views import MethodView
from marshmallow import Schema

from api.access import permissions
from api.answers.responses import answer
from api.blueprint import blueprint
from api.fields import PERCENT, STARS, count, identifier, number, several, text
from api.requests import paging
from shared.comments import comment_on


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
