from tests.metrics import Counted, grouped, session_outcome
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    outcomes = session_outcome.expected(oracle).items()
    return grouped((((day,), counted) for (day, _), counted in outcomes), 7)
