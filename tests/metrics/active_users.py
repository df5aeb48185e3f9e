from datetime import date, timedelta

from tests.metrics import Counted
from tests.metrics.active_day import days
from tests.support.oracle import Oracle


def expected(oracle: Oracle, first: date, last: date, window: int) -> Counted:
    active: dict[date, set[int]] = {}
    for user, own in days(oracle).items():
        for day in own:
            active.setdefault(day, set()).add(user)
    found = {}
    for number in range((last - first).days + 1):
        day = first + timedelta(number)
        users = {user for back in range(window) for user in active.get(day - timedelta(back), ())}
        found[(day,)] = (len(users), len(active.get(day, ())), 1)
    return found
