from tests.metrics import Counted, grouped
from tests.support.oracle import NEVER, Oracle


def expected(oracle: Oracle) -> Counted:
    pairs = (
        (
            (each["user_id"], each["course_id"], oracle.day(each["created_at"])),
            (1, each["progress_percent"] < 25),
        )
        for each in oracle.rows["course_enrollments"]
        if not each["completed"]
        and None not in (each["user_id"], each["course_id"], each["progress_percent"])
    )
    return grouped((pair for pair in pairs if pair[0][2] != NEVER), 2)
