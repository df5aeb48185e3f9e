from tests.metrics import Counted, grouped
from tests.metrics.mentor_lead_time import took
from tests.support.oracle import Oracle, moment


def expected(oracle: Oracle) -> Counted:
    spans = (
        ((), each["created_at"], moment(each.get("completed_at")))
        for each in oracle.rows["course_enrollments"]
        if each["completed"]
    )
    return grouped(took(oracle, spans), 2)
