from tests.metrics import Counted, grouped
from tests.support.oracle import NEVER, Oracle


def expected(oracle: Oracle) -> Counted:
    pairs = (
        ((oracle.day(each["created_at"]), each["status"].lower()), (1, each["duration_minutes"]))
        for each in oracle.rows["sessions"]
        if each["duration_minutes"] is not None
    )
    return grouped((pair for pair in pairs if pair[0][0] != NEVER), 2)
