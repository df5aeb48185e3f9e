from tests.metrics import Counted, lesson_progress, review_of, session_due, unmarked
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    return {
        ("lessons_done",): (_lessons_done(oracle),),
        ("review_of_nothing",): (_reviews_of_nothing(oracle),),
        ("session_past",): (
            sum(n for (day,), (n,) in session_due.expected(oracle).items() if day < oracle.today),
        ),
    }


def _lessons_done(oracle: Oracle) -> int:
    lessons: dict[int, int] = {}
    for (course, _), (there, *_) in lesson_progress.expected(oracle).items():
        lessons[course] = lessons.get(course, 0) + there
    return sum(
        enrollments
        for (course, done), (enrollments,) in unmarked.expected(oracle).items()
        if 0 < lessons.get(course, 0) <= done
    )


def _reviews_of_nothing(oracle: Oracle) -> int:
    courses = {each["id"] for each in oracle.rows["courses"]}
    return sum(
        reviews
        for (user, _, course, mentor), (reviews, _) in review_of.expected(oracle).items()
        if user < 0 and not mentor and course not in courses
    )
