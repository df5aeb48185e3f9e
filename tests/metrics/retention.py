from datetime import date

from tests.metrics import Counted
from tests.metrics.cohort import apart, begin
from tests.metrics.cohort import expected as cohorts
from tests.support.oracle import Oracle


def expected(oracle: Oracle, first: date, last: date, grain: str) -> Counted:
    counted = cohorts(oracle)
    today = begin(grain, oracle.today)
    return {
        (cohort, n): (*counted.get((grain, cohort, n), (0,)), size)
        for (of, cohort, place), (size,) in counted.items()
        if (of, place) == (grain, 0) and first <= cohort <= last
        for n in range(apart(grain, cohort, today) + 1)
    }
