from tests.metrics import Counted, grouped
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    pairs = [
        ((each["user_id"], each["course_id"]), (not each["completed"], 0))
        for each in oracle.rows["course_enrollments"]
    ]
    pairs += [
        (
            (each["user_id"], each.get("course_id")),
            (0, bool(each.get("completed")) and each.get("lesson_id") is not None),
        )
        for each in oracle.rows["progress"]
    ]
    named = ((f"{user}:{course}", course) for (user, course), _ in pairs)
    counted = (
        (key, counts)
        for key, (owner, counts) in zip(named, pairs, strict=True)
        if None not in owner
    )
    return grouped(counted, 2)
