"""The table of contents: which answers there are, how stale they may be, what they are made of."""

from dataclasses import dataclass

from shared.metrics import METRICS, in_order, sources


@dataclass(frozen=True)
class Family:
    """One answer of the API and the stored rows it reads, always of one snapshot.

    `name`: of its address, with _ for -; `metrics/NAME` is the answer about one metric.
    `ttl`: seconds, the most an answer may lag behind MentorHub even if every event is lost.
    `journals`: what of MentorHub's is remembered for it in schema `kept` (sql/journal).
    `summaries`: metrics (sql/metric), which are sums over signed rows.
    `rankings`: the same, but the definition is no sum: it is counted from a summary, and sql/fold
    tells how it follows that summary's changes.
    `views`: materialized views (sql/view) that only the day and the settings change.
    `shares`: what of other families it reads, too.
    """

    name: str
    ttl: int
    summaries: tuple[str, ...]
    rankings: tuple[str, ...] = ()
    journals: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[str, ...]:
        """All that is stored for the family, in the order it is made."""
        return (*self.journals, *self.summaries, *self.rankings, *self.views)


_SET_ASIDE = ("unusable_row", "unusable_total")

CONTRACT = {
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
"""The answers whose bodies sql/read writes one by one."""

_OWNED = {name for family in CONTRACT.values() for name in family.summaries}

FAMILIES = CONTRACT | {
    metric.address: Family(
        metric.address,
        metric.ttl,
        summaries=(
            *([] if metric.name in _OWNED or not metric.is_stored else [metric.name]),
            *(each.name for each in metric.series.values()),
        ),
        shares=(
            *([metric.name] if metric.name in _OWNED else []),
            *(() if metric.is_stored else sources(metric)),
            *([metric.coarser] if metric.coarser else []),
            # at midnight its days are others
            *(["calendar"] if metric.date or metric.is_of_today else []),
        ),
        journals=metric.journals,
    )
    for metric in in_order(METRICS)
}
"""All of them: the contract's, and one for each metric."""

STEPS = {step: family for family in FAMILIES.values() for step in family.steps}
"""Every journal, summary, ranking and view, in the order they are made, and whose it is."""

SUMMARIES = {name: family for name, family in STEPS.items() if name not in family.views}
"""Those of them that are counted."""
