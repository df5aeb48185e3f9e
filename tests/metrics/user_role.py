from tests.metrics import Counted, grouped
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    pairs = (
        ((each["id"], each["role"].lower(), (each["username"] or "")[:200]), (1,))
        for each in oracle.as_they_are["users"]
        if each["role"] is not None
    )
    return grouped(pairs, 1)
