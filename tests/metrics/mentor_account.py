from tests.metrics import Counted, grouped
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    pairs = (
        ((each["user_id"], each["id"]), (1,))
        for each in oracle.rows["mentors"]
        if each["user_id"] is not None
    )
    return grouped(pairs, 1)
