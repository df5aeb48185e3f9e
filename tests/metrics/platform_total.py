from tests.metrics import Counted
from tests.support.oracle import Oracle


def expected(oracle: Oracle) -> Counted:
    users, sessions = oracle.rows["users"], oracle.rows["sessions"]
    courses, reviews = oracle.rows["courses"], oracle.rows["reviews"]
    roles = [user["role"].lower() for user in users]
    statuses = [session["status"].lower() for session in sessions]
    ratings = [review["rating"] for review in reviews if review["rating"] is not None]
    counts = (
        len(users),
        roles.count("student"),
        roles.count("mentor"),
        sum(bool(user["is_verified"]) for user in users),
        len(sessions),
        statuses.count("completed"),
        statuses.count("scheduled"),
        len(courses),
        sum(bool(course["is_active"]) for course in courses),
        len(oracle.rows["course_enrollments"]),
        len(reviews),
        len(ratings),
        sum(ratings),
    )
    return {(1,): counts}
