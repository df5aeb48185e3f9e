from collections.abc import Iterator
from datetime import datetime

from tests.metrics import Counted, grouped
from tests.oracle import SMALLEST, Oracle, Row

NUMBER = {
    "sessions": "duration_minutes",
    "course_enrollments": "progress_percent",
    "reviews": "rating",
    "payments": "amount",
}
"""The number that rows of a table are counted by."""


def expected(oracle: Oracle) -> Counted:
    return grouped((((table, row["id"], why), (1,)) for table, row, why in set_aside(oracle)), 1)


def set_aside(oracle: Oracle) -> Iterator[tuple[str, Row, str]]:
    for table, rows in oracle.as_they_are.items():
        for row in rows:
            if row.get(NUMBER.get(table)) == SMALLEST:
                yield table, row, f"{NUMBER[table]} is not a number that can be counted"
            elif "created_at" in row and not isinstance(row["created_at"], datetime):
                yield table, row, "created_at is not a date of the years 1 to 9999"
