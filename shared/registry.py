"""The table of contents: which answers there are, how stale they may be, what they are made of."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """One answer of the API and the stored rows it reads, always rebuilt together in one snapshot.

    `ttl`: seconds, the most an answer may lag behind MentorHub even if every event is lost.
    `summaries`: tables defined by sql/summary/NAME.sql, in the order they are rebuilt.
    `views`: materialized views derived from those summaries, refreshed after them.
    """

    name: str
    ttl: int
    summaries: tuple[str, ...]
    views: tuple[str, ...] = ()


FAMILIES = {
    family.name: family
    for family in (
        Family("platform", 300, ("platform_total", "payment_total")),
        Family("user_growth", 3600, ("user_day",)),
        Family("sessions", 600, ("session_day", "mentor_ranking"), ("session_window",)),
        Family("courses", 600, ("course_performance",)),
        Family("revenue", 600, ("payment_day",), ("revenue_window",)),
        Family("engagement", 300, ("user_engagement",)),
    )
}

SUMMARIES = {name: family for family in FAMILIES.values() for name in family.summaries}
"""Every summary's name and the family it belongs to."""
