from datetime import date, timedelta

from tests.metrics import Counted
from tests.metrics.active_users import expected as active
from tests.metrics.payment_day import expected as paid
from tests.metrics.payment_total import expected as totals
from tests.support.oracle import Oracle


def expected(oracle: Oracle, first: date, last: date, window: int) -> Counted:
    payments = paid(oracle)
    return {
        (day, currency): (
            sum(payments.get((day - timedelta(back), currency), (0,))[0] for back in range(window)),
            users,
        )
        for (day,), (users, _, _) in active(oracle, first, last, window).items()
        for (currency,) in totals(oracle)
    }
