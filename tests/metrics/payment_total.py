from tests.metrics import Counted, grouped
from tests.support.oracle import Oracle, currency_code


def expected(oracle: Oracle) -> Counted:
    pairs = (
        ((currency_code(each["currency"]),), (each["amount"], 1))
        for each in oracle.rows["payments"]
        if each["status"].lower() == "completed" and each["amount"] is not None
    )
    return grouped(pairs, 2)
