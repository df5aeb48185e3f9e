"""Moments as `status` has them, RFC 3339 text, for people."""

from datetime import UTC, datetime
from math import inf


def age(moment: str | None) -> float:
    """Seconds since then."""
    if moment is None:
        return inf
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()


def clock(moment: str | None) -> str:
    """By the clock of whoever asks; the day only where it is another one."""
    if moment is None:
        return "never"
    here = datetime.fromisoformat(moment).astimezone()
    today = here.date() == datetime.now().astimezone().date()
    return f"{here:%H:%M:%S}" if today else f"{here:%d %b %H:%M}"


def short(moment: str | None, clock: str = "%H:%M:%S") -> str:
    """For narrow columns: the clock today, the day before."""
    if moment is None:
        return "never"
    here = datetime.fromisoformat(moment).astimezone()
    is_today = here.date() == datetime.now().astimezone().date()
    return here.strftime(clock if is_today else "%d %b")
