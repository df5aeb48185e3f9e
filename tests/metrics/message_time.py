from datetime import UTC, datetime, timedelta

from tests.metrics import Counted, grouped
from tests.support.oracle import Oracle

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def expected(oracle: Oracle) -> Counted:
    pairs = (
        (
            (
                "{}:{}".format(*sorted((each["sender_id"], each["recipient_id"]))),
                1 if each["sender_id"] < each["recipient_id"] else 2,
                (each["created_at"] - EPOCH) // timedelta(microseconds=1),
                oracle.day(each["created_at"]),
            ),
            (1,),
        )
        for each in oracle.rows["messages"]
        if None not in (each["sender_id"], each["recipient_id"], each["created_at"])
        and each["sender_id"] != each["recipient_id"]
    )
    return grouped(pairs, 1)
