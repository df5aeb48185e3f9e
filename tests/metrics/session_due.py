from tests.metrics import Counted, grouped
from tests.support.oracle import NEVER, Oracle, moment


def expected(oracle: Oracle) -> Counted:
    days = (
        (oracle.day(moment(each.get("scheduled_at"))), each["id"])
        for each in oracle.rows["sessions"]
        if each["status"].lower() == "scheduled"
    )
    return grouped((((day, number), (1,)) for day, number in days if day != NEVER), 1)
