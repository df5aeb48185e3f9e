"""Every answer of the contract: its address, its family and the schema of its body."""

from marshmallow import Schema

from api.families import courses, engagement, platform, revenue, sessions, user_growth
from tests.support.world import EMPTY, LEARNER, OTHER_LEARNER, PYTHON

ANSWERS: dict[str, tuple[str, type[Schema]]] = {
    "platform": ("platform", platform.PlatformBody),
    "platform?currency=USD": ("platform", platform.PlatformBody),
    "platform?compare=previous": ("platform", platform.PlatformBody),
    "platform?currency=USD&compare=previous": ("platform", platform.PlatformBody),
    "user-growth?compare=previous": ("user_growth", user_growth.UserGrowthBody),
    "sessions?days=365&compare=previous": ("sessions", sessions.SessionsBody),
    "revenue?days=7&currency=USD&compare=previous": ("revenue", revenue.RevenueBody),
    "user-growth": ("user_growth", user_growth.UserGrowthBody),
    "user-growth?days=365": ("user_growth", user_growth.UserGrowthBody),
    "sessions": ("sessions", sessions.SessionsBody),
    "sessions?days=1": ("sessions", sessions.SessionsBody),
    "courses": ("courses", courses.CoursesBody),
    "courses?limit=1": ("courses", courses.CoursesBody),
    "courses?limit=1&order=desc": ("courses", courses.CoursesBody),
    "courses?sort=title": ("courses", courses.CoursesBody),
    "courses?search=python": ("courses", courses.CoursesBody),
    "courses?search=%D0%9D%D0%90%D0%A7": ("courses", courses.CoursesBody),
    f"courses?course_id={PYTHON}": ("courses", courses.CourseBody),
    f"courses?course_id={EMPTY}": ("courses", courses.CourseBody),
    "revenue": ("revenue", revenue.RevenueBody),
    "revenue?days=7&currency=USD": ("revenue", revenue.RevenueBody),
    "revenue?currency=XXX": ("revenue", revenue.RevenueBody),
    f"user/{LEARNER}/engagement": ("engagement", engagement.EngagementBody),
    f"user/{OTHER_LEARNER}/engagement": ("engagement", engagement.EngagementBody),
    "me/engagement": ("engagement", engagement.EngagementBody),
}
