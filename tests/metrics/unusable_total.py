from tests.metrics import Counted, grouped
from tests.metrics.unusable_row import set_aside
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    return grouped((((table, why), (1,)) for table, _, why in set_aside(oracle)), 1)
