from datetime import date, timedelta
from decimal import Decimal

from tests.metrics import Counted, subscription_month
from tests.support.oracle import Oracle


def expected(oracle: Oracle, first: date, last: date) -> Counted:
    changes = subscription_month.expected(oracle)
    found = {}
    for currency in {currency for _, currency in changes}:
        brought = Decimal(0)
        own = {month: moved for (month, each), moved in changes.items() if each == currency}
        for month in sorted(own.keys() | months(first, last)):
            new, expansion, contraction, churn = own.get(month, (0, 0, 0, 0))
            start, brought = brought, brought + new + expansion - contraction - churn
            if first <= month <= last:
                moved = new, expansion, contraction, churn
                found[month, currency] = (start, *moved, brought)
    return found


def months(first: date, last: date) -> set[date]:
    days = (first + timedelta(number) for number in range((last - first).days + 1))
    return {day.replace(day=1) for day in days}
