from tests.metrics import Counted, enrollment_lesson, grouped
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    pairs = (
        ((course, lessons, enrollment), (enrollments,))
        for (enrollment, course), (enrollments, lessons) in enrollment_lesson.expected(
            oracle
        ).items()
    )
    return grouped(pairs, 1)
