from tests.metrics import Counted, lesson_progress
from tests.support.oracle import Oracle

MOST = 9 * 10**18


def expected(oracle: Oracle) -> Counted:
    counted = lesson_progress.expected(oracle)
    there = sorted(
        (course, place, lesson)
        for (course, lesson), (lessons, place, _, _) in counted.items()
        if lessons
    )
    found = {}
    last = None
    for course, place, lesson in there:
        _, _, reached, completed = counted[course, lesson]
        before = last[1] if last and last[0] == course else None
        key = (course, max(-MOST, min(place, MOST)), lesson)
        found[key] = (reached, completed, before or 0, 0 if before is None else before - reached)
        last = (course, reached)
    return found
