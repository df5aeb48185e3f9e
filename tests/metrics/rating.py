from tests.metrics import Counted, grouped
from tests.support.oracle import Oracle, Row


def expected(oracle: Oracle) -> Counted:
    pairs = (
        (
            (each["rating"], each["course_id"] or 0, _mentor(oracle, each)),
            (1, each["rating"], each["rating"] in {4, 5}),
        )
        for each in oracle.rows["reviews"]
        if each["rating"] is not None
    )
    return grouped(pairs, 3)


def _mentor(oracle: Oracle, review: Row) -> int:
    if named := review.get("mentor_id"):
        return int(named)
    reviewed = review.get("reviewed_id")
    found = [each["id"] for each in oracle.rows["mentors"] if each["user_id"] == reviewed]
    return min(found) if found and reviewed is not None else 0
