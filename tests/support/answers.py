"""Every answer of the contract: its address, its family and the schema of its body."""

from marshmallow import Schema

from api.families import contract
from tests.support.world import EMPTY, LEARNER, OTHER_LEARNER, PYTHON

ANSWERS: dict[str, tuple[str, type[Schema]]] = {
    "platform": ("platform", contract.PlatformBody),
    "platform?currency=USD": ("platform", contract.PlatformBody),
    "platform?compare=previous": ("platform", contract.PlatformBody),
    "platform?currency=USD&compare=previous": ("platform", contract.PlatformBody),
    "user-growth?compare=previous": ("user_growth", contract.UserGrowthBody),
    "sessions?days=365&compare=previous": ("sessions", contract.SessionsBody),
    "revenue?days=7&currency=USD&compare=previous": ("revenue", contract.RevenueBody),
    "user-growth": ("user_growth", contract.UserGrowthBody),
    "user-growth?days=365": ("user_growth", contract.UserGrowthBody),
    "sessions": ("sessions", contract.SessionsBody),
    "sessions?days=1": ("sessions", contract.SessionsBody),
    "courses": ("courses", contract.CoursesBody),
    "courses?limit=1": ("courses", contract.CoursesBody),
    "courses?limit=1&order=desc": ("courses", contract.CoursesBody),
    "courses?sort=title": ("courses", contract.CoursesBody),
    "courses?search=python": ("courses", contract.CoursesBody),
    "courses?search=%D0%9D%D0%90%D0%A7": ("courses", contract.CoursesBody),
    f"courses?course_id={PYTHON}": ("courses", contract.CourseBody),
    f"courses?course_id={EMPTY}": ("courses", contract.CourseBody),
    "revenue": ("revenue", contract.RevenueBody),
    "revenue?days=7&currency=USD": ("revenue", contract.RevenueBody),
    "revenue?currency=XXX": ("revenue", contract.RevenueBody),
    f"user/{LEARNER}/engagement": ("engagement", contract.EngagementBody),
    f"user/{OTHER_LEARNER}/engagement": ("engagement", contract.EngagementBody),
    "me/engagement": ("engagement", contract.EngagementBody),
}
