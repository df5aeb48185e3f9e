from datetime import date, timedelta

from tests.metrics import Counted, grouped
from tests.metrics.active_day import days
from tests.support.oracle import Oracle

GRAINS = ("week", "month")


def begin(grain: str, day: date) -> date:
    return day - timedelta(day.weekday()) if grain == "week" else day.replace(day=1)


def apart(grain: str, first: date, last: date) -> int:
    if grain == "week":
        return (last - first).days // 7
    return 12 * (last.year - first.year) + last.month - first.month


def expected(oracle: Oracle) -> Counted:
    pairs = []
    for own in days(oracle).values():
        for grain in GRAINS:
            began = sorted({begin(grain, day) for day in own})
            pairs += [((grain, began[0], apart(grain, began[0], each)), (1,)) for each in began]
    return grouped(pairs, 1)
