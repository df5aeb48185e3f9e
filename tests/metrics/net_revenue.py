from tests.metrics import Counted, grouped
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    """Of what the test saw happen: nothing that is there says when."""
    pairs = (
        ((oracle.day(moment), currency), amounts)
        for (moment, currency), amounts in oracle.journals.get("payments", {}).items()
    )
    return grouped(pairs, 2)
