from datetime import UTC, datetime

from tests.metrics import Counted, grouped
from tests.support.oracle import Oracle, moment

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def expected(oracle: Oracle) -> Counted:
    events = [(each["id"], "registered", each["created_at"]) for each in oracle.rows["users"]]
    for each in oracle.rows["sessions"]:
        events.append((each["student_id"], "booked", each["created_at"]))
        if each["status"].lower() == "completed":
            held = moment(each.get("scheduled_at")) or each["created_at"]
            events.append((each["student_id"], "completed", held))
    events += [
        (each["student_id"], "paid", each["created_at"])
        for each in oracle.rows["payments"]
        if each["status"].lower() == "completed"
    ]
    return grouped(
        (
            ((user, step, int((instant - EPOCH).total_seconds() // 3600)), (1,))
            for user, step, instant in events
            if user is not None and instant is not None
        ),
        1,
    )
