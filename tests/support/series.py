"""What must be kept by the hour and minute: the days' oracles, with shorter days."""

from copy import copy
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient

from shared.database import Connection
from shared.metrics import SERIES, Metric
from tests.metrics import ADDRESS, EXPECTED, Counted, counting, stored
from tests.support.oracle import NEVER, Oracle

LENGTHS = {"hour": timedelta(hours=1), "minute": timedelta(minutes=1)}


def since(connection: Connection) -> dict[str, datetime]:
    """What began before is not kept, by grain."""
    return dict(connection.execute("SELECT grain, since FROM analytics.series").fetchall())


def kept(oracle: Oracle, metric: Metric, first: datetime) -> Counted:
    """What is kept of one of SERIES since `first`."""
    place = list(metric.keys).index(metric.grain or "")
    counted = EXPECTED[metric.file](_with_shorter_days(oracle, metric.grain or ""))
    return counting({key: numbers for key, numbers in counted.items() if _at(key[place]) >= first})


def wrong(connection: Connection, oracle: Oracle) -> dict[str, tuple[Counted, Counted]]:
    """Each of SERIES that is not as it must be: what is stored of it, and what must be."""
    first = since(connection)
    pairs = {
        name: (stored(connection, name), kept(oracle, metric, first[metric.grain or ""]))
        for name, metric in SERIES.items()
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def answered(client: FlaskClient, metric: Metric, first: datetime, last: datetime) -> Counted:
    """What the address says by the grain, row by row; without amounts of money."""
    asked = {"grain": metric.grain, "by": ",".join(metric.keys).replace(metric.grain or "", "day")}
    asked |= {"from": first.isoformat(), "to": last.isoformat(), "limit": "10000"}
    response: Any = client.get(f"{ADDRESS}/{metric.file}", query_string=asked)
    assert response.status_code == 200, response.text
    columns = [name for name, each in metric.measures.items() if each.unit != "money"]
    return counting(
        {
            tuple(
                datetime.fromisoformat(row[key]) if key == metric.grain else row[key]
                for key in metric.keys
            ): tuple(row[name] for name in columns)
            for row in response.json["rows"]
        }
    )


def expected(oracle: Oracle, metric: Metric, first: datetime, last: datetime) -> Counted:
    """What `answered` must be."""
    place = list(metric.keys).index(metric.grain or "")
    units = [number for number, each in enumerate(metric.measures.values()) if each.unit != "money"]
    return counting(
        {
            key: tuple(int(numbers[unit]) for unit in units)
            for key, numbers in kept(oracle, metric, first).items()
            if _at(key[place]) <= last
        }
    )


def _with_shorter_days(oracle: Oracle, grain: str) -> Oracle:
    def day(instant: datetime | None) -> date:
        if instant is None:
            return NEVER
        offset = instant.astimezone(oracle.zone).utcoffset() or timedelta()
        off = offset if grain == "hour" else timedelta()
        local = instant.astimezone(UTC).replace(tzinfo=None) + off - datetime(1, 1, 1)  # noqa: DTZ001
        return instant.astimezone(UTC) - local % LENGTHS[grain]

    other = copy(oracle)
    other.day = day
    return other


def _at(day: date) -> datetime:
    return day if isinstance(day, datetime) else datetime.min.replace(tzinfo=UTC)
