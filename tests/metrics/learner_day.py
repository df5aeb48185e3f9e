from datetime import date

from tests.metrics import Counted, active_day, user_role
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    days = active_day.days(oracle)
    return {
        (user, max(days.get(user, [date(1, 1, 1)]))): (1,)
        for user, role, _ in user_role.expected(oracle)
        if role == "student"
    }
