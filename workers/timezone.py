"""Whether the analytics server and the tz database mean the same by the reporting zone."""

from datetime import date
from typing import Any

from psycopg.errors import InvalidParameterValue
from psycopg.rows import tuple_row

from shared import timezones
from shared.database import Connection, run
from shared.errors import ConfigurationError


def check(ours: Connection, zone: str) -> None:
    """Raise ConfigurationError for a name that the server lacks or takes for a fixed offset."""
    row = _compared(ours, zone, years=1) if timezones.exists(zone) else None
    if row is None:
        raise ConfigurationError(
            f"ANALYTICS_TIMEZONE={zone!r} is unknown to the analytics server or to the tz database."
        )
    days, _, _, is_abbreviation = row
    if days and is_abbreviation:
        raise ConfigurationError(
            f"ANALYTICS_TIMEZONE={zone!r} is a fixed offset to PostgreSQL: "
            "use the name of a place, like Europe/Berlin."
        )


def difference(ours: Connection, zone: str, years: int = 100) -> str | None:
    """A sentence where the server has other rules for the zone; None where all is well.

    `years`: before and behind this one; a few are compared in a moment.
    """
    row = _compared(ours, zone, years)
    if row is None or not row[0]:
        return None
    days, first, last, _ = row
    return (
        f"The analytics server's rules for {zone} are not those of tz {timezones.RELEASE}: they "
        f"differ on {days:,} days from {first:%Y-%m-%d} to {last:%Y-%m-%d}. Update the server's "
        "time zones (PostgreSQL, or the machine's tzdata), restart it, run `analytics rebuild`."
    )


def _compared(ours: Connection, zone: str, years: int) -> tuple[int, Any, Any, bool] | None:
    today = date.today().toordinal() - date(1970, 1, 1).toordinal()  # noqa: DTZ011 - any zone's
    first = max(0, today - 366 * years)
    try:
        cursor = ours.cursor(row_factory=tuple_row)
        return run(
            cursor,
            "status/timezone",
            {
                "zone": zone,
                "first": first,
                "ahead": list(timezones.offsets(zone)[first : today + 366 * years]),
            },
        ).fetchone()  # pyright: ignore[reportReturnType]
    except InvalidParameterValue:
        return None
