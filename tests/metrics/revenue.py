from tests.metrics import Counted, grouped
from tests.support.oracle import NEVER, Oracle, currency_code

FINISHED = ("completed", "failed", "refunded")


def expected(oracle: Oracle) -> Counted:
    pairs = (
        (
            (
                oracle.day(each["created_at"]),
                currency_code(each["currency"]),
                each.get("mentor_id") or 0,
                (each.get("payment_method") or "").lower(),
            ),
            (
                each["amount"] if each["status"].lower() == "completed" else 0,
                each["status"].lower() == "completed",
                each["status"].lower() == "failed",
                1,
            ),
        )
        for each in oracle.rows["payments"]
        if each["status"].lower() in FINISHED and each["amount"] is not None
    )
    return grouped((pair for pair in pairs if pair[0][0] != NEVER), 4)
