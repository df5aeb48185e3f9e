from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tests.metrics import Counted, grouped
from tests.support.oracle import Oracle, moment

STEPS = ((100, 1), (1000, 10), (10_000, 100), (10**9, 1000))
"""Below so many hours they are rounded to so many."""


def expected(oracle: Oracle) -> Counted:
    spans = (
        ((each["mentor_id"] or 0,), each["created_at"], moment(each.get("scheduled_at")))
        for each in oracle.rows["sessions"]
        if each["status"].lower() == "completed"
    )
    return grouped(took(oracle, spans), 2)


def took(oracle: Oracle, spans: Any) -> Iterator[tuple[tuple[Any, ...], tuple[int, int]]]:
    """Whole spans of time, each 1 and its minutes, by whose it is, its last day and its hours."""
    for owner, begin, end in spans:
        if isinstance(begin, datetime) and end and end >= begin:
            time = end - begin
            seconds = 86400 * time.days + time.seconds
            hours = next(step for most, step in STEPS if seconds < 3600 * most)
            nearest = (seconds + 1800 * hours) // (3600 * hours) * hours
            yield (*owner, oracle.day(end), nearest), (1, seconds // 60)
