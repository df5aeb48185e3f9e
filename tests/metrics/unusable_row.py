from collections.abc import Iterator
from typing import Any

from tests.metrics import Counted, grouped
from tests.support.oracle import SMALLEST, Oracle, Row, moment

CHECKS = {
    "users": ("created_at",),
    "lessons": ("order",),
    "messages": ("created_at",),
    "sessions": ("duration_minutes", "created_at", "scheduled_at"),
    "course_enrollments": ("progress_percent", "created_at", "completed_at"),
    "progress": ("created_at", "progress_percent"),
    "reviews": ("rating", "created_at"),
    "payments": ("amount", "created_at", "updated_at"),
    "subscriptions": ("amount", "created_at", "updated_at"),
}
"""What a row of a table is counted by, in the order that it is looked at."""

MAY_BE_UNSAID = {"scheduled_at", "completed_at", "updated_at"}
"""Dates that a row may lack; of messages and subscriptions any."""


def expected(oracle: Oracle) -> Counted:
    return grouped((((table, row["id"], why), (1,)) for table, row, why in set_aside(oracle)), 1)


def set_aside(oracle: Oracle) -> Iterator[tuple[str, Row, str]]:
    for table, rows in oracle.as_they_are.items():
        for row in rows:
            columns = (name for name in CHECKS.get(table, ()) if _is_odd(table, name, row))
            for name in list(columns)[:1]:
                kind = "a date of the years 1 to 9999"
                counted = "a number that can be counted"
                yield table, row, f"{name} is not {kind if name.endswith('_at') else counted}"


def _is_odd(table: str, name: str, row: Row) -> bool:
    value: Any = row.get(name)
    if not name.endswith("_at"):
        return value == SMALLEST or (value is not None and value != value)  # noqa: PLR0124 - NaN
    if value is None:
        return name not in MAY_BE_UNSAID and table not in {"messages", "subscriptions"}
    return moment(value) is None
