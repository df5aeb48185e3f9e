"""New users, day by day."""

from typing import Any, ClassVar

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from api import access, parameters
from api.answers import answer
from api.blueprint import blueprint
from api.columns import compared, count, several


class NewUsersBody(Schema):
    date = fields.Date(required=True)
    new_users = count()


class UserGrowthBody(Schema):
    period_days = count()
    data = several(NewUsersBody)
    comparison = compared()


@blueprint.route("/user-growth")
class UserGrowth(MethodView):
    decorators: ClassVar = [access.admin]

    @blueprint.arguments(parameters.DaysCompared, location="query")
    @blueprint.response(200, UserGrowthBody)
    def get(self, query: dict[str, Any]) -> Response:
        """New users, day by day."""
        return answer("user_growth", **query)
