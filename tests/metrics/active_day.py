from datetime import date

from tests.metrics import Counted, grouped
from tests.support.oracle import NEVER, Oracle

OWNERS = {
    "sessions": "student_id",
    "course_enrollments": "user_id",
    "progress": "user_id",
    "reviews": "user_id",
    "payments": "student_id",
}


def expected(oracle: Oracle) -> Counted:
    pairs = (
        ((each[owner], oracle.day(each["created_at"])), (1,))
        for table, owner in OWNERS.items()
        for each in oracle.rows[table]
        if each[owner] is not None
    )
    return grouped((pair for pair in pairs if pair[0][1] != NEVER), 1)


def days(oracle: Oracle) -> dict[int, list[date]]:
    """Of each user, in their order."""
    listed: dict[int, list[date]] = {}
    for user, day in sorted(expected(oracle)):
        listed.setdefault(user, []).append(day)
    return listed
