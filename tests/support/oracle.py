"""What the answers must be, in plain Python over MentorHub's rows: shares nothing with the SQL."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from copy import copy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
Rows = dict[str, list[Row]]
Journals = dict[str, dict[tuple[datetime, str], tuple[Decimal | int, ...]]]

NEVER = date(1, 1, 1)

SMALLEST = -(2**63)
"""The one whole number that PostgreSQL can't count -1 times."""

STATUSES = ("scheduled", "confirmed", "in_progress", "completed", "cancelled", "no_show")


LISTED = re.compile("([A-Z]{3})=([0-9])")
"""Digits by currency, as the setting lists them."""

STANDARD = {"JPY": 0, "KWD": 3, "RUB": 2, "USD": 2}
"""Digits by ISO 4217, of the currencies that tests know."""

KNOWN_BEFORE = (
    "users.total",
    "sessions.total",
    "sessions.completed",
    "sessions.scheduled",
    "sessions.completion_rate",
    "revenue.total",
)


class Oracle:
    """`rows`: every row of MentorHub by table, `now`: an aware instant, amounts in minor units.

    `journals`: what happened to the rows of a table, by moment and currency; set by who saw it.
    """

    def __init__(
        self, rows: Rows, now: datetime, timezone: str, currency: str, minor_units: str
    ) -> None:
        self.as_they_are = rows
        self.rows = {table: list(map(understood, entries)) for table, entries in rows.items()}
        self.zone = ZoneInfo(timezone)
        self.today = self.day(now)
        self.currency = currency
        self.minor_units = minor_units
        self.journals: Journals = {}

    def day(self, instant: datetime | None) -> date:
        """That of no instant is before all others that anybody asks for."""
        return instant.astimezone(self.zone).date() if instant else NEVER

    def platform(self, currency: str | None = None) -> Row:
        users, sessions = self.rows["users"], self.rows["sessions"]
        courses, reviews = self.rows["courses"], self.rows["reviews"]
        enrollments = self.rows["course_enrollments"]
        roles = Counter(user["role"].lower() for user in users)
        statuses = Counter(session["status"].lower() for session in sessions)
        verified = count(users, lambda user: user["is_verified"])
        return {
            "users": {
                "total": len(users),
                "students": roles["student"],
                "mentors": roles["mentor"],
                "verified": verified,
                "verification_rate": ratio(100 * verified, len(users)),
            },
            "sessions": {
                "total": len(sessions),
                "completed": statuses["completed"],
                "scheduled": statuses["scheduled"],
                "completion_rate": ratio(100 * statuses["completed"], len(sessions)),
            },
            "courses": {
                "total": len(courses),
                "published": count(courses, lambda course: course["is_active"]),
                "enrollments": len(enrollments),
                "avg_enrollments_per_course": ratio(len(enrollments), len(courses)),
            },
            "reviews": {
                "total": len(reviews),
                "average_rating": mean(rated(reviews)),
            },
            "revenue": {
                "total": self.money(self.completed_payments(currency), currency),
                "currency": currency or self.currency,
            },
        }

    def user_growth(self, days: int) -> Row:
        born = Counter(self.day(user["created_at"]) for user in self.rows["users"])
        return {
            "period_days": days,
            "data": [{"date": str(day), "new_users": born[day]} for day in self.window(days)],
        }

    def sessions(self, days: int) -> Row:
        dated = self.within(self.rows["sessions"], days)
        mentors = Counter(session["mentor_id"] for session in dated if session["mentor_id"])
        inside = [session for session in dated if session["duration_minutes"] is not None]
        statuses = Counter(session["status"].lower() for session in inside)
        top = sorted(mentors.items(), key=lambda mentor: (-mentor[1], mentor[0]))[:10]
        return {
            "period_days": days,
            "analytics": {
                "total": len(inside),
                "by_status": dict.fromkeys(STATUSES, 0) | dict(statuses),
                "avg_duration_minutes": mean(session["duration_minutes"] for session in inside),
                "top_mentors": [{"mentor_id": mentor, "sessions": n} for mentor, n in top],
            },
        }

    def courses(self) -> Row:
        ids = sorted(course["id"] for course in self.rows["courses"])
        return {"courses": [self.course(course_id) for course_id in ids]}

    def course(self, course_id: int) -> Row | None:
        title = [row["title"] for row in self.rows["courses"] if row["id"] == course_id]
        if not title:
            return None
        enrolled = owned(self.rows["course_enrollments"], "course_id", course_id)
        completed = count(enrolled, lambda enrollment: enrollment["completed"])
        reviews = owned(self.rows["reviews"], "course_id", course_id)
        return {
            "course_id": course_id,
            "course_title": title[0],
            "enrollments": len(enrolled),
            "avg_progress": mean(enrollment["progress_percent"] or 0 for enrollment in enrolled),
            "completed": completed,
            "completion_rate": ratio(100 * completed, len(enrolled)),
            "avg_rating": mean(rated(reviews)),
        }

    def revenue(self, days: int, currency: str | None = None) -> Row:
        paid = self.within(self.completed_payments(currency), days)
        total = Fraction(sum(payment["amount"] for payment in paid))
        return {
            "period_days": days,
            "analytics": {
                "total_revenue": self.money(paid, currency),
                "transaction_count": len(paid),
                "avg_transaction": ratio(
                    total / 10 ** self.digits(currency), len(paid), max(2, self.digits(currency))
                ),
                "daily_revenue": [
                    {
                        "date": str(day),
                        "revenue": self.money(
                            [p for p in paid if self.day(p["created_at"]) == day], currency
                        ),
                    }
                    for day in self.window(days)
                ],
            },
        }

    def engagement(self, user_id: int) -> Row | None:
        user = [row for row in self.rows["users"] if row["id"] == user_id]
        if not user:
            return None
        sessions = owned(self.rows["sessions"], "student_id", user_id)
        enrolled = owned(self.rows["course_enrollments"], "user_id", user_id)
        reviews = owned(self.rows["reviews"], "user_id", user_id)
        lessons = owned(self.rows["progress"], "user_id", user_id)
        payments = owned(self.rows["payments"], "student_id", user_id)
        attended = count(sessions, lambda session: session["status"].lower() == "completed")
        progress = [enrollment["progress_percent"] or 0 for enrollment in enrolled]
        active = [
            row["created_at"] for row in (*sessions, *enrolled, *reviews, *lessons, *payments)
        ]
        score = (
            min(3 * attended, 30)
            + min(5 * len(enrolled), 25)
            + min(Fraction(3, 10) * Fraction(sum(progress), len(progress) or 1), 30)
            + min(5 * len(reviews), 15)
        )
        return {
            "user_id": user_id,
            "username": user[0]["username"],
            "sessions_attended": attended,
            "courses_enrolled": len(enrolled),
            "avg_progress": mean(progress),
            "reviews_written": len(reviews),
            "last_activity": max(dated).astimezone(UTC)
            if (dated := [*filter(None, active)])
            else None,
            "engagement_score": floor(score),
        }

    def comparison(self, family: str, days: int = 30, currency: str | None = None) -> Row:
        """What `compare=previous` adds: each number, and what it was a window ago."""
        earlier = copy(self)
        earlier.today = self.today - timedelta(days)
        if family == "platform":
            earlier.rows = {
                table: [
                    row
                    for row in rows
                    if row["created_at"]
                    and row.get("duration_minutes", 0) is not None
                    and self.day(row["created_at"]) <= earlier.today
                ]
                for table, rows in self.rows.items()
            }
        now, before = (oracle.metrics(family, days, currency) for oracle in (self, earlier))
        if family == "platform":
            before = {name: before[name] for name in KNOWN_BEFORE}
        absent = None if family == "platform" else 0
        return {
            "from": None if family == "platform" else str(earlier.today - timedelta(days - 1)),
            "to": str(earlier.today),
            "metrics": {
                name: change(now.get(name, 0), before.get(name, absent))
                for name in now.keys() | before.keys()
            },
        }

    def metrics(self, family: str, days: int, currency: str | None) -> Row:
        """The numbers of an answer that can be compared."""
        if family == "user_growth":
            return {"new_users": sum(day["new_users"] for day in self.user_growth(days)["data"])}
        if family == "platform":
            sections = self.platform(currency).items()
            return {
                f"{section}.{name}": number
                for section, numbers in sections
                for name, number in numbers.items()
                if name != "currency"
            }
        answer = self.sessions(days) if family == "sessions" else self.revenue(days, currency)
        body = answer["analytics"]
        statuses = body.pop("by_status", {}).items()
        return {name: value for name, value in body.items() if not isinstance(value, list)} | {
            f"by_status.{status}": sessions for status, sessions in statuses
        }

    def window(self, days: int) -> list[date]:
        return [self.today - timedelta(ago) for ago in reversed(range(days))]

    def within(self, rows: list[Row], days: int) -> list[Row]:
        first = self.today - timedelta(days - 1)
        return [row for row in rows if first <= self.day(row["created_at"]) <= self.today]

    def completed_payments(self, currency: str | None) -> list[Row]:
        return [
            payment
            for payment in self.rows["payments"]
            if payment["status"].lower() == "completed"
            and payment["amount"] is not None
            and currency_code(payment["currency"]) == (currency or self.currency)
        ]

    def money(self, payments: list[Row], currency: str | None) -> Fraction:
        total = Fraction(sum(payment["amount"] for payment in payments))
        return total / 10 ** self.digits(currency)

    def digits(self, currency: str | None) -> int:
        """Of amounts in the currency, as the setting says."""
        if self.minor_units.isdigit():
            number = int(self.minor_units)
            return len(self.minor_units) - 1 if number in (1, 10, 100, 1000) else number
        listed = {} if self.minor_units == "iso4217" else dict(LISTED.findall(self.minor_units))
        code = currency or self.currency
        return int(listed.get(code) or STANDARD.get(code, listed.get("XXX", 2)))


def understood(row: Row) -> Row:
    """The row as far as it can be counted: what is not said is 0, not so or unknown."""
    read = dict(row)
    if not isinstance(row.get("created_at", None), datetime):
        read["created_at"] = None
    for name in ("duration_minutes", "progress_percent", "amount"):
        if name in row:
            is_number = row[name] != SMALLEST and str(row[name]) != "NaN"
            read[name] = row[name] or 0 if is_number else None
    if row.get("rating") == SMALLEST:
        read["rating"] = None
    absent = {"username": "", "title": "", "role": "", "status": "unknown"}
    return read | {name: value for name, value in absent.items() if row.get(name, value) is None}


def moment(value: Any) -> datetime | None:
    """The instant, where it is one of the years that are counted."""
    return value if isinstance(value, datetime) else None


def currency_code(currency: str | None) -> str:
    code = (currency or "").upper()
    return code if re.fullmatch("[A-Z]{3}", code) else "XXX"


def count(rows: Iterable[Row], holds: Callable[[Row], bool]) -> int:
    return sum(1 for row in rows if holds(row))


def rated(reviews: list[Row]) -> list[int]:
    return [review["rating"] for review in reviews if review["rating"] is not None]


def owned(rows: list[Row], column: str, owner: int) -> list[Row]:
    return [row for row in rows if row[column] == owner]


def mean(values: Iterable[int]) -> Fraction:
    values = list(values)
    return ratio(sum(values), len(values))


def ratio(numerator: Fraction | int, denominator: int, places: int = 2) -> Fraction:
    return half_up(Fraction(numerator) / denominator, places) if denominator else Fraction(0)


def change(current: Fraction | int, previous: Fraction | int | None) -> Row:
    if previous is None:
        return {"current": current, "previous": None, "change": None, "change_percent": None}
    percent = Fraction(100 * (current - previous)) / abs(previous) if previous else None
    return {
        "current": current,
        "previous": previous,
        "change": current - previous,
        # a fall is rounded like a rise
        "change_percent": percent and half_up(abs(percent)) * (1 if percent > 0 else -1),
    }


def half_up(number: Fraction, places: int = 2) -> Fraction:
    """What is below 0 is rounded like what is above it."""
    size = Fraction(floor(abs(number) * 10**places + Fraction(1, 2)), 10**places)
    return size if number >= 0 else -size
