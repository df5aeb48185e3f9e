from tests.metrics import Counted, grouped
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    pairs = [((user["id"],), (1, 0, 0, 0, 0)) for user in oracle.rows["users"]]
    pairs += [
        ((each["student_id"],), (0, each["status"].lower() == "completed", 0, 0, 0))
        for each in oracle.rows["sessions"]
    ]
    pairs += [
        ((each["user_id"],), (0, 0, 1, each["progress_percent"] or 0, 0))
        for each in oracle.rows["course_enrollments"]
    ]
    pairs += [((each["user_id"],), (0, 0, 0, 0, 1)) for each in oracle.rows["reviews"]]
    return grouped((pair for pair in pairs if pair[0] != (None,)), 5)
