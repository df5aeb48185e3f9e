from tests.metrics import Counted, grouped
from tests.support.oracle import NEVER, Oracle


def expected(oracle: Oracle) -> Counted:
    pairs = (
        ((each["mentor_id"], oracle.day(each["created_at"])), (1,))
        for each in oracle.rows["sessions"]
        if each["mentor_id"] is not None
    )
    return grouped((pair for pair in pairs if pair[0][1] != NEVER), 1)
