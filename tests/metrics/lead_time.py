from tests.metrics import Counted, grouped, mentor_lead_time
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    spans = mentor_lead_time.expected(oracle).items()
    return grouped((((day, hours), counted) for (_, day, hours), counted in spans), 2)
