from tests.metrics import Counted, message_time
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    firsts: dict[tuple[object, object], tuple[int, object]] = {}
    for pair, way, moment, day in message_time.expected(oracle):
        found = firsts.setdefault((pair, way), (moment, day))
        if moment < found[0]:
            firsts[pair, way] = (moment, day)
    return {(*owner, *found): (1,) for owner, found in firsts.items()}
