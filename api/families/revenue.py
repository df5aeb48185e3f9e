"""Completed payments, day by day."""

from typing import Any, ClassVar

from flask import Response
from flask.views import MethodView
from marshmallow import Schema, fields

from api import access, parameters
from api.answers import answer
from api.blueprint import blueprint
from api.columns import compared, count, number, several


class DailyRevenueBody(Schema):
    date = fields.Date(required=True)
    revenue = number()


class RevenueAnalyticsBody(Schema):
    total_revenue = number()
    transaction_count = count()
    avg_transaction = number()
    daily_revenue = several(DailyRevenueBody)


class RevenueBody(Schema):
    period_days = count()
    analytics = fields.Nested(RevenueAnalyticsBody, required=True)
    comparison = compared()


@blueprint.route("/revenue")
class Revenue(MethodView):
    decorators: ClassVar = [access.admin]

    @blueprint.arguments(parameters.DaysAndMoneyCompared, location="query")
    @blueprint.response(200, RevenueBody)
    def get(self, query: dict[str, Any]) -> Response:
        """Completed payments, day by day."""
        return answer("revenue", **query)
