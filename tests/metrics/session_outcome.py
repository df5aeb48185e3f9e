from tests.metrics import Counted, grouped
from tests.support.oracle import NEVER, STATUSES, Oracle, moment

MEASURES = (*STATUSES[3:], *STATUSES[:3])
"""What became of them before what may become."""


def expected(oracle: Oracle) -> Counted:
    pairs = (
        (
            (oracle.day(moment(each.get("scheduled_at"))), each["mentor_id"]),
            (
                *(each["status"].lower() == status for status in MEASURES),
                each["duration_minutes"] or 0,
            ),
        )
        for each in oracle.rows["sessions"]
        if each["mentor_id"] is not None
    )
    return grouped((pair for pair in pairs if pair[0][0] != NEVER), 7)
