from collections.abc import Iterator
from datetime import timedelta

from tests.metrics import Counted, enrollment_open, grouped, learner_day
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    return grouped(_risks(oracle), 1)


def _risks(oracle: Oracle) -> Iterator[tuple[tuple[str, int, int], tuple[int]]]:
    last = dict(tuple(learner_day.expected(oracle)))
    for (user, course, day), (enrollments, low) in enrollment_open.expected(oracle).items():
        if user in last:
            if oracle.today - max(day, last[user]) >= timedelta(7):
                yield ("inactive", course, user), (enrollments,)
            if oracle.today - day >= timedelta(14):
                yield ("behind", course, user), (low,)
