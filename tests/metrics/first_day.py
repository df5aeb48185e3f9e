from tests.metrics import Counted
from tests.metrics.active_day import days
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    return {(user, min(own)): (1,) for user, own in days(oracle).items()}
