"""What every answer holds: the description of the bodies that the read SQL writes."""

from typing import Any, cast

from marshmallow import Schema, fields


def _count() -> fields.Integer:
    return fields.Integer(required=True, strict=True)


def _number() -> fields.Float:
    return fields.Float(required=True)


def _list(item: type[Schema]) -> fields.Field[Any]:
    return cast("fields.Field[Any]", fields.List(fields.Nested(item), required=True))


class PlatformUsers(Schema):
    total = _count()
    students = _count()
    mentors = _count()
    verified = _count()
    verification_rate = _number()


class PlatformSessions(Schema):
    total = _count()
    completed = _count()
    scheduled = _count()
    completion_rate = _number()


class PlatformCourses(Schema):
    total = _count()
    published = _count()
    enrollments = _count()
    avg_enrollments_per_course = _number()


class PlatformReviews(Schema):
    total = _count()
    average_rating = _number()


class PlatformRevenue(Schema):
    total = _number()
    currency = fields.String(required=True)


class Platform(Schema):
    users = fields.Nested(PlatformUsers, required=True)
    sessions = fields.Nested(PlatformSessions, required=True)
    courses = fields.Nested(PlatformCourses, required=True)
    reviews = fields.Nested(PlatformReviews, required=True)
    revenue = fields.Nested(PlatformRevenue, required=True)


class NewUsers(Schema):
    date = fields.Date(required=True)
    new_users = _count()


class UserGrowth(Schema):
    period_days = _count()
    data = _list(NewUsers)


class TopMentor(Schema):
    mentor_id = _count()
    sessions = _count()


class SessionAnalytics(Schema):
    total = _count()
    by_status = fields.Dict(fields.String(), fields.Integer(strict=True), required=True)
    avg_duration_minutes = _number()
    top_mentors = _list(TopMentor)


class Sessions(Schema):
    period_days = _count()
    analytics = fields.Nested(SessionAnalytics, required=True)


class Course(Schema):
    course_id = _count()
    course_title = fields.String(required=True)
    enrollments = _count()
    avg_progress = _number()
    completed = _count()
    completion_rate = _number()
    avg_rating = _number()


class Courses(Schema):
    courses = _list(Course)


COURSES_OR_ONE = {"oneOf": [Courses, Course]}


class DailyRevenue(Schema):
    date = fields.Date(required=True)
    revenue = _number()


class RevenueAnalytics(Schema):
    total_revenue = _number()
    transaction_count = _count()
    avg_transaction = _number()
    daily_revenue = _list(DailyRevenue)


class Revenue(Schema):
    period_days = _count()
    analytics = fields.Nested(RevenueAnalytics, required=True)


class Engagement(Schema):
    user_id = _count()
    username = fields.String(required=True)
    sessions_attended = _count()
    courses_enrolled = _count()
    avg_progress = _number()
    reviews_written = _count()
    last_activity = fields.AwareDateTime(required=True, allow_none=True)
    engagement_score = _count()
