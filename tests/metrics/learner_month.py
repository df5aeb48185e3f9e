from tests.metrics import Counted, grouped
from tests.support.oracle import NEVER, Oracle


def expected(oracle: Oracle) -> Counted:
    pairs = (
        (
            (
                each["student_id"],
                oracle.day(each["created_at"]).replace(day=1),
                each["mentor_id"] or 0,
            ),
            (1,),
        )
        for each in oracle.rows["sessions"]
        if each["status"].lower() == "completed" and each["student_id"] is not None
    )
    return grouped((pair for pair in pairs if pair[0][1] != NEVER), 1)
