from itertools import pairwise

from tests.metrics import Counted, grouped
from tests.metrics.active_day import days
from tests.support.oracle import Oracle

NEVER_AGAIN = 1_000_000


def expected(oracle: Oracle) -> Counted:
    every = days(oracle).values()
    pairs = [((day, (after - day).days), (1,)) for own in every for day, after in pairwise(own)]
    return grouped(pairs + [((own[-1], NEVER_AGAIN), (1,)) for own in every], 1)
