from tests.metrics import Counted, grouped
from tests.support.oracle import NEVER, Oracle


def expected(oracle: Oracle) -> Counted:
    days = (oracle.day(user["created_at"]) for user in oracle.rows["users"])
    return grouped((((day,), (1,)) for day in days if day != NEVER), 1)
