from tests.metrics import Counted, grouped
from tests.support.oracle import Oracle

NOTHING = -1001
"""Who is reviewed where neither a person nor a course is."""


def expected(oracle: Oracle) -> Counted:
    pairs = (
        (
            (
                _owner(each.get("reviewed_id"), each["course_id"]),
                each["rating"],
                each["course_id"] or 0,
                each.get("mentor_id") or 0,
            ),
            (1, each["rating"]),
        )
        for each in oracle.rows["reviews"]
        if each["rating"] is not None
    )
    return grouped(pairs, 2)


def _owner(reviewed: int | None, course: int | None) -> int:
    if reviewed is not None:
        return reviewed
    return NOTHING if course is None else -1 - abs(course) % 1000
