"""How courses do, all time."""

from typing import Any, ClassVar

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from api import access, pages
from api.answers import answer
from api.blueprint import blueprint
from api.columns import count, number, several


class CourseBody(Schema):
    course_id = count()
    course_title = fields.String(required=True)
    enrollments = count()
    avg_progress = number()
    completed = count()
    completion_rate = number()
    avg_rating = number()


class CoursesBody(Schema):
    courses = several(CourseBody)


@blueprint.route("/courses")
class Courses(MethodView):
    decorators: ClassVar = [access.admin, pages.linked]

    @blueprint.arguments(pages.Courses, location="query")
    @blueprint.response(200, {"oneOf": [CoursesBody, CourseBody]})
    @blueprint.alt_response(404, response="NOT_FOUND")
    def get(self, query: dict[str, Any]) -> Response:
        """How every course does, or one."""
        if "course_id" in query:
            return answer("courses", "course", **query)
        if pages.asks_for_a_page(query):
            return answer("courses", "courses_page", **pages.bound(query))
        return answer("courses", **query)
