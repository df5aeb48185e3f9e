"""The table of contents: which answers there are, how stale they may be, what they are made of."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """One answer of the API and the stored rows it reads, always of one snapshot.

    `ttl`: seconds, the most an answer may lag behind MentorHub even if every event is lost.
    `summaries`: tables (sql/summary) whose definition (sql/definition) is a sum over signed rows.
    `rankings`: the same, but the definition is no sum: it is counted from a summary, and sql/fold
    tells how it follows that summary's changes.
    `views`: materialized views (sql/view) that only the day and the settings change.
    `shares`: what of other families it reads, too.
    """

    name: str
    ttl: int
    summaries: tuple[str, ...]
    rankings: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[str, ...]:
        """All that is stored for the family, in the order it is made."""
        return (*self.summaries, *self.rankings, *self.views)


_SET_ASIDE = ("unusable_row", "unusable_total")

FAMILIES = {
    family.name: family
    for family in (
        Family(
            "platform",
            ttl=300,
            summaries=("platform_total", "payment_total"),
            shares=("user_day", "session_day", "payment_day", "calendar"),
        ),
        Family("user_growth", ttl=3600, summaries=("user_day",), views=("calendar",)),
        Family(
            "sessions",
            ttl=600,
            summaries=("session_day", "mentor_day"),
            rankings=("mentor_ranking",),
        ),
        Family("courses", ttl=600, summaries=("course_performance",)),
        Family("revenue", ttl=600, summaries=("payment_day",), shares=("calendar",)),
        # what is set aside is told with every answer; this one needs the same tables
        Family("engagement", ttl=300, summaries=("user_engagement", *_SET_ASIDE)),
    )
}

STEPS = {step: family for family in FAMILIES.values() for step in family.steps}
"""Every summary, ranking and view, in the order they are made, and the family it belongs to."""

SUMMARIES = {name: family for name, family in STEPS.items() if name not in family.views}
"""Those of them that are counted."""
