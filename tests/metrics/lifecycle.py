from datetime import timedelta

from tests.metrics import Counted, grouped
from tests.metrics.active_day import days
from tests.metrics.cohort import begin
from tests.support.oracle import Oracle

WEEK = timedelta(7)


def expected(oracle: Oracle) -> Counted:
    pairs = []
    for own in days(oracle).values():
        weeks = {begin("week", day) for day in own}
        for week in weeks:
            is_new = week == min(weeks)
            came = week - WEEK in weeks
            pairs.append(((week,), (is_new, came, not is_new and not came, 0)))
            pairs.append(((week + WEEK,), (0, 0, 0, week + WEEK not in weeks)))
    return grouped(pairs, 4)
