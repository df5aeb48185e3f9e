from tests.metrics import Counted, grouped
from tests.support.oracle import NEVER, Oracle, currency_code


def expected(oracle: Oracle) -> Counted:
    pairs = (
        ((oracle.day(each["created_at"]), currency_code(each["currency"])), (each["amount"], 1))
        for each in oracle.rows["payments"]
        if each["status"].lower() == "completed" and each["amount"] is not None
    )
    return grouped((pair for pair in pairs if pair[0][0] != NEVER), 2)
