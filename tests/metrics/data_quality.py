from tests.metrics import Counted, data_quality_row
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    counted = dict.fromkeys(("lessons_done", "review_of_nothing", "session_past"), 0)
    for (check, _), (rows,) in data_quality_row.expected(oracle).items():
        counted[check] += rows
    return {(check,): (rows,) for check, rows in counted.items()}
