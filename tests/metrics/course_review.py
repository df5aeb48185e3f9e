from tests.metrics import Counted, grouped
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    pairs = (
        ((each["course_id"] or 0, each["id"]), (1,))
        for each in oracle.rows["reviews"]
        if each["rating"] is not None
        and not each.get("mentor_id")
        and (each.get("reviewed_id") is None or each["reviewed_id"] < 0)
    )
    return grouped(pairs, 1)
