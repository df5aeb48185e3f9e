"""One copy of the tz database: the package tzdata's, for Python and for the embedded PostgreSQL."""

import zoneinfo
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path

import tzdata

zoneinfo.reset_tzpath(())  # not the machine's own, which is of another day

RELEASE = tzdata.IANA_VERSION

FOLDER = Path(str(files("tzdata"))) / "zoneinfo"
"""Compiled, as PostgreSQL reads them too."""


def exists(name: str) -> bool:
    """Whether the tz database has a zone of exactly this name."""
    try:
        return zoneinfo.ZoneInfo(name).key in zoneinfo.available_timezones()
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False


@cache
def offsets(name: str) -> tuple[int, ...]:
    """The seconds the zone is ahead of UTC at the beginning of each UTC day from 1970 to 2040."""
    zone, first = zoneinfo.ZoneInfo(name), datetime(1970, 1, 1, tzinfo=UTC)
    moments = (first + timedelta(days) for days in range(71 * 365))
    ahead = (moment.astimezone(zone).utcoffset() or timedelta() for moment in moments)
    return tuple(int(offset.total_seconds()) for offset in ahead)
