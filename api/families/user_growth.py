"""New users, day by day."""

from typing import Any, ClassVar

from flask import Response
from flask.views import MethodView
from marshmallow import Schema

from api.access import permissions
from api.answers.responses import answer
from api.blueprint import blueprint
from api.fields import compared, count, day, several, window
from api.requests import parameters
from shared.comments import comment_on


class NewUsersBody(Schema):
    date = day(comment_on("user_day.day"))
    new_users = count(comment_on("user_day.new_users"))


class UserGrowthBody(Schema):
    period_days = window()
    data = several(NewUsersBody, "Every day of the window, the oldest first.")
    comparison = compared()


@blueprint.route("/user-growth")
class UserGrowth(MethodView):
    decorators: ClassVar = [permissions.admin]

    @blueprint.arguments(parameters.DaysCompared, location="query")
    @blueprint.response(200, UserGrowthBody)
    def get(self, query: dict[str, Any]) -> Response:
        """New users, day by day."""
        return answer("user_growth", **query)
