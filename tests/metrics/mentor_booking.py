from typing import Any

from tests.metrics import Counted, grouped
from tests.metrics.learner_month import expected as months
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    booked: dict[tuple[int, int], list[Any]] = {}
    for (user, month, mentor), (completed,) in months(oracle).items():
        booked.setdefault((user, mentor), []).extend([month] * completed)
    pairs = []
    for (_, mentor), own in booked.items():
        if mentor:
            first, *others = sorted(own)
            pairs.append(((mentor, first), (1, 0, bool(others))))
            pairs += [((mentor, month), (0, 1, 0)) for month in others]
    return grouped(pairs, 3)
