from collections.abc import Iterator

from tests.metrics import Counted, course_review, lesson_progress, session_due, unmarked
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    found = {
        "lessons_done": _lessons_done(oracle),
        "review_of_nothing": _reviews_of_nothing(oracle),
        "session_past": _sessions_past(oracle),
    }
    return {(check, str(row)): (n,) for check, rows in found.items() for row, n in rows}


def _lessons_done(oracle: Oracle) -> Iterator[tuple[str, int]]:
    lessons: dict[int, int] = {}
    for (course, _), (there, *_) in lesson_progress.expected(oracle).items():
        lessons[course] = lessons.get(course, 0) + there
    for (course, done, enrollment), (enrollments,) in unmarked.expected(oracle).items():
        if 0 < lessons.get(course, 0) <= done and enrollments:
            yield enrollment, enrollments


def _reviews_of_nothing(oracle: Oracle) -> Iterator[tuple[int, int]]:
    courses = {each["id"] for each in oracle.rows["courses"]}
    for (course, review), (reviews,) in course_review.expected(oracle).items():
        if course not in courses:
            yield review, reviews


def _sessions_past(oracle: Oracle) -> Iterator[tuple[int, int]]:
    for (day, session), (sessions,) in session_due.expected(oracle).items():
        if day < oracle.today:
            yield session, sessions
