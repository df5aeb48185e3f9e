"""Completed payments, day by day."""

from typing import Any, ClassVar

from flask import Response
from flask.views import MethodView
from marshmallow import Schema

from api.access import permissions
from api.answers.responses import answer
from api.blueprint import blueprint
from api.fields import AMOUNT, compared, count, day, nested, number, several, window
from api.requests import parameters
from shared.comments import comment_on


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


@blueprint.route("/revenue")
class Revenue(MethodView):
    decorators: ClassVar = [permissions.admin]

    @blueprint.arguments(parameters.DaysAndMoneyCompared, location="query")
    @blueprint.response(200, RevenueBody)
    def get(self, query: dict[str, Any]) -> Response:
        """Completed payments, day by day."""
        return answer("revenue", **query)
