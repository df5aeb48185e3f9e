from tests.metrics import Counted
from tests.metrics.conversion import expected as conversions
from tests.support.oracle import Oracle

STEPS = ("1_registered", "2_booked", "3_completed", "4_second", "5_paid")


def expected(oracle: Oracle, window: int) -> Counted:
    counted = conversions(oracle)
    registered = counted.get(("1_registered", 0), (0,))
    found = {(step, 0): (0, *registered) for step in STEPS}
    for (step, hours), (users,) in counted.items():
        if hours <= 24 * window:
            found[step, hours] = (users, *(registered if hours == 0 else (0,)))
    return found
