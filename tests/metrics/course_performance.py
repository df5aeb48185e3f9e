from tests.metrics import Counted, grouped
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    pairs = [((course["id"],), (1, 0, 0, 0, 0, 0)) for course in oracle.rows["courses"]]
    pairs += [
        ((each["course_id"],), (0, 1, each["progress_percent"] or 0, bool(each["completed"]), 0, 0))
        for each in oracle.rows["course_enrollments"]
        if each["course_id"] is not None
    ]
    pairs += [
        ((each["course_id"],), (0, 0, 0, 0, 1, each["rating"]))
        for each in oracle.rows["reviews"]
        if each["course_id"] is not None and each["rating"] is not None
    ]
    return grouped(pairs, 6)
