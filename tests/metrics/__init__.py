"""What each metric must hold, in plain Python over plain rows: a module for each, by its name.

Its function `expected(oracle)` gives measures by keys, in the order of the metric's file; whatever
is 0 in all of them may be missing. Where nothing is stored it is asked like the file's SELECT, with
`first` and `last` where there is a date, and with the parameters by their names.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from http import HTTPStatus
from importlib import import_module
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from psycopg import sql

from shared.database import Connection
from shared.metrics import EVERY, METRICS, STORED, Key, Metric
from tests.support.oracle import Oracle

ADDRESS = "/api/v1/analytics/metrics"

Counted = Mapping[tuple[Any, ...], tuple[Any, ...]]


def stored(connection: Connection, name: str) -> Counted:
    """What is stored of a metric."""
    metric = EVERY[name]
    columns = [sql.Identifier(column) for column in (*metric.keys, *metric.measures)]
    rows = connection.execute(
        sql.SQL("SELECT {} FROM analytics.{}").format(
            sql.SQL(", ").join(columns), sql.Identifier(name)
        )
    )
    keys = len(metric.keys)
    found = {row[:keys]: row[keys:] for row in rows}
    check_words(metric.keys, found)
    return counting(found)


def check_words(keys: Mapping[str, Key], found: Iterable[tuple[Any, ...]]) -> None:
    """Whatever value a key that is not free has, there is a word for it."""
    for place, (name, key) in enumerate(keys.items()):
        if key.values and not key.free:
            assert {row[place] for row in found} <= key.values.keys(), name


def counting(counted: Counted) -> Counted:
    """Without what counts nothing."""
    return {key: measures for key, measures in counted.items() if any(measures)}


def wrong(
    connection: Connection, oracle: Oracle, names: Iterable[str] = STORED
) -> dict[str, tuple[Counted, Counted]]:
    """Each metric that is not as it must be: what is stored of it, and what must be."""
    pairs = {name: (stored(connection, name), counting(EXPECTED[name](oracle))) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


BEFORE, AFTER = timedelta(190), timedelta(9)
"""So many days around today are asked for: more had more rows than an answer holds."""


def asked_with(name: str, choice: int) -> dict[str, Any]:
    """Values of its parameters, others for another choice."""
    asked = {
        name: each.of or sorted({each.least, each.usual, min(7, each.most), each.most})
        for name, each in METRICS[name].parameters.items()
    }
    return {name: values[choice % len(values)] for name, values in asked.items()}


def answered(client: FlaskClient, name: str, **parameters: Any) -> Counted:
    """What the metric's address says, row by row; of dates, around today."""
    metric = METRICS[name]
    asked: dict[str, Any] = {"by": ",".join(metric.shown), "limit": 10_000} | parameters
    if metric.date:
        first = client.get(f"{ADDRESS}/{name}?days=1").json["to"]
        last = date.fromisoformat(first)
        asked |= {"from": last - BEFORE, "to": last + AFTER}
    response = client.get(f"{ADDRESS}/{name}", query_string=asked)
    assert response.status_code == HTTPStatus.OK, response.text
    columns = [name for name, measure in metric.measures.items() if not measure.is_minor]
    columns += metric.percentiles
    body = response.json
    rows = {
        tuple(_key(key, row[name]) for name, key in metric.shown.items()): tuple(
            row[name] for name in columns
        )
        for row in body["rows"]
    }
    check_words(metric.shown, rows)
    if metric.percentiles or (metric.rolling and not metric.apart):
        rows[()] = tuple(body["total"][name] for name in columns)
    return counting(rows)


def expected(oracle: Oracle, name: str, **parameters: Any) -> Counted:
    """What `answered` must be; but for amounts that are in other units there."""
    metric = METRICS[name]
    kept = [place for place, each in enumerate(metric.measures.values()) if not each.is_minor]
    first, last = oracle.today - BEFORE, oracle.today + AFTER
    if metric.date and metric.keys[metric.date].type == "month":
        first = first.replace(day=1)
    place = list(metric.keys).index(metric.date) if metric.date else None
    within = {
        key: tuple(_read(measures[number]) for number in kept)
        for key, measures in _counted(oracle, metric, first, last, parameters).items()
        if place is None or first <= key[place] <= last
    }
    if metric.rolling and not metric.apart:
        within[()] = _rolled(oracle, metric, within, parameters)
    return counting(_ranked(metric, within) if metric.percentiles else within)


def _read(number: Any) -> int | float:
    """As it is read from JSON."""
    return int(number) if number == int(number) else float(number)


def _counted(
    oracle: Oracle, metric: Metric, first: date, last: date, parameters: dict[str, Any]
) -> Counted:
    if metric.is_stored:
        return EXPECTED[metric.name](oracle)
    dates = {"first": first, "last": last} if metric.date else {}
    return EXPECTED[metric.name](oracle, **dates, **parameters)


def _rolled(
    oracle: Oracle, metric: Metric, within: Counted, parameters: dict[str, Any]
) -> tuple[Any, ...]:
    """The total: sums, and what is distinct in a window as long as all that was asked for."""
    sums = [sum(numbers) for numbers in zip(*within.values(), strict=True)]
    last, days = oracle.today + AFTER, (BEFORE + AFTER).days
    longer = parameters | {"window": parameters["window"] + days}
    (row,) = _counted(oracle, metric, last, last, longer).values()
    columns = [name for name, each in metric.measures.items() if not each.is_minor]
    return tuple(
        row[list(metric.measures).index(name)] if name in metric.rolling else total
        for name, total in zip(columns, sums, strict=True)
    )


def _ranked(metric: Metric, counted: Counted) -> Counted:
    """Without the hidden key, and with its percentiles: of each row, and of all of them."""
    place = list(metric.keys).index(metric.hidden or "")
    groups: dict[tuple[Any, ...], list[tuple[int, tuple[Any, ...]]]] = {}
    for key, measures in counted.items():
        for group in (key[:place] + key[place + 1 :], ()):
            groups.setdefault(group, []).append((key[place], measures))
    found = {}
    for group, values in groups.items():
        sums = tuple(map(sum, zip(*(measures for _, measures in values), strict=True)))
        percentiles = (
            _percentile(
                each.percent,
                [(value, of[list(metric.measures).index(each.of)]) for value, of in values],
            )
            for each in metric.percentiles.values()
        )
        found[group] = (*sums, *percentiles)
    return found


def _percentile(percent: int, values: list[tuple[int, int]]) -> int:
    """By the nearest rank, of values that are there so many times."""
    listed = [value for value, times in sorted(values) for _ in range(times)]
    return listed[-(-percent * len(listed) // 100) - 1] if listed else 0


def _key(key: Key, value: Any) -> Any:
    return date.fromisoformat(value) if key.is_date else value


def grouped(pairs: Any, measures: int) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Sums by key of (key, measures)."""
    sums: dict[tuple[Any, ...], list[Any]] = {}
    for key, numbers in pairs:
        so_far = sums.setdefault(key, [0] * measures)
        for place, number in enumerate(numbers):
            so_far[place] += number
    return {key: tuple(numbers) for key, numbers in sums.items()}


# last, as the modules take what is above
EXPECTED: dict[str, Callable[..., Counted]] = {
    path.stem: import_module(f"tests.metrics.{path.stem}").expected
    for path in sorted(Path(__file__).parent.glob("[a-z]*.py"))
}
