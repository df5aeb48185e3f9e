from tests.metrics import Counted, first_answer, grouped
from tests.support.oracle import Oracle

BUCKETS = {0: "0-1", 1: "1-4", 4: "4-8", 8: "8-24", 24: "over 24"}


def expected(oracle: Oracle) -> Counted:
    mentors: dict[int, int] = {}
    for each in oracle.rows["mentors"]:
        user, mentor = each["user_id"], each["id"]
        if user is not None:
            mentors[user] = min(mentor, mentors.get(user, mentor))
    pairs = (
        ((day, BUCKETS[hours], mentors.get(user, 0)), counted)
        for (user, day, hours), counted in first_answer.expected(oracle).items()
    )
    return grouped(pairs, 1)
