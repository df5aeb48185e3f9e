from typing import Any

from tests.metrics import Counted, grouped
from tests.metrics.learner_month import expected as months
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    booked: dict[int, list[Any]] = {}
    for (user, month, _), (completed,) in months(oracle).items():
        booked.setdefault(user, []).extend([month] * completed)
    pairs = []
    for own in booked.values():
        first, *others = sorted(own)
        pairs.append(((first,), (1, 0, bool(others))))
        pairs += [((month,), (0, 1, 0)) for month in others]
    return grouped(pairs, 3)
