from tests.metrics import Counted, grouped
from tests.support.oracle import NEVER, Oracle, moment


def expected(oracle: Oracle) -> Counted:
    days = (
        oracle.day(moment(each.get("scheduled_at")))
        for each in oracle.rows["sessions"]
        if each["status"].lower() == "scheduled"
    )
    return grouped((((day,), (1,)) for day in days if day != NEVER), 1)
