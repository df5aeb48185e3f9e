from tests.metrics import Counted, grouped
from tests.support.oracle import SMALLEST, Oracle


def expected(oracle: Oracle) -> Counted:
    pairs = [
        ((each["course_id"], each["id"]), (1, _place(each["order"]), 0, 0))
        for each in oracle.rows["lessons"]
        if each["course_id"] is not None
    ]
    pairs += [
        ((each["course_id"], each["lesson_id"]), (0, 0, 1, bool(each["completed"])))
        for each in oracle.rows["progress"]
        if each.get("course_id") is not None and each.get("lesson_id") is not None
    ]
    return grouped(pairs, 4)


def _place(order: int | None) -> int:
    return 0 if order in {None, SMALLEST} else int(order or 0)
