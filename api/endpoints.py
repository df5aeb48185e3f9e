"""The seven addresses of the seed."""

from typing import Any, ClassVar

from flask import Response, g
from flask.views import MethodView
from flask_smorest import Blueprint
from webargs.flaskparser import FlaskParser

from api import access, bodies, parameters
from api.answers import answer

blueprint = Blueprint("analytics", __name__, url_prefix="/api/v1/analytics")
# None: what a schema says of unknown parameters holds; webargs would drop them from a query.
blueprint.ARGUMENTS_PARSER = FlaskParser(unknown=None)


@blueprint.route("/platform")
class Platform(MethodView):
    decorators: ClassVar = [access.admin]

    @blueprint.arguments(parameters.Money, location="query")
    @blueprint.response(200, bodies.Platform)
    def get(self, query: dict[str, Any]) -> Response:
        """Everything at a glance, all time."""
        return answer("platform", **query)


@blueprint.route("/user-growth")
class UserGrowth(MethodView):
    decorators: ClassVar = [access.admin]

    @blueprint.arguments(parameters.Days, location="query")
    @blueprint.response(200, bodies.UserGrowth)
    def get(self, query: dict[str, Any]) -> Response:
        """New users, day by day."""
        return answer("user_growth", **query)


@blueprint.route("/sessions")
class Sessions(MethodView):
    decorators: ClassVar = [access.admin]

    @blueprint.arguments(parameters.Days, location="query")
    @blueprint.response(200, bodies.Sessions)
    def get(self, query: dict[str, Any]) -> Response:
        """Sessions by status, and the busiest mentors."""
        return answer("sessions", **query)


@blueprint.route("/courses")
class Courses(MethodView):
    decorators: ClassVar = [access.admin]

    @blueprint.arguments(parameters.Course, location="query")
    @blueprint.response(200, bodies.COURSES_OR_ONE)
    def get(self, query: dict[str, Any]) -> Response:
        """How every course does, or one."""
        if query["course_id"] is None:
            return answer("courses")
        return answer("courses", "course", **query)


@blueprint.route("/revenue")
class Revenue(MethodView):
    decorators: ClassVar = [access.admin]

    @blueprint.arguments(parameters.DaysAndMoney, location="query")
    @blueprint.response(200, bodies.Revenue)
    def get(self, query: dict[str, Any]) -> Response:
        """Completed payments, day by day."""
        return answer("revenue", **query)


@blueprint.route("/user/<id:user_id>/engagement")
class UserEngagement(MethodView):
    decorators: ClassVar = [access.oneself_or_admin]

    @blueprint.arguments(parameters.NoParameters, location="query")
    @blueprint.response(200, bodies.Engagement)
    def get(self, _query: dict[str, Any], user_id: int) -> Response:
        """What a user did as a learner."""
        return answer("engagement", user_id=user_id)


@blueprint.route("/me/engagement")
class MyEngagement(MethodView):
    decorators: ClassVar = [access.everyone]

    @blueprint.arguments(parameters.NoParameters, location="query")
    @blueprint.response(200, bodies.Engagement)
    def get(self, _query: dict[str, Any]) -> Response:
        """What the token's user did as a learner."""
        return answer("engagement", user_id=g.account.id)
