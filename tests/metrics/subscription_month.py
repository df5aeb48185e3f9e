from tests.metrics import Counted, grouped
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    """Of what the test saw happen: nothing that is there says when."""
    pairs = (
        ((oracle.day(moment).replace(day=1), currency), amounts)
        for (moment, currency), amounts in oracle.journals.get("subscriptions", {}).items()
    )
    return grouped(pairs, 4)
