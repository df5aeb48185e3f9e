"""What each metric costs: rows stored, its part of a fold, a read; and what distinct users do."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from os import urandom

from flask.testing import FlaskClient

from api.app import create_app
from benchmarks.measuring import Result, filled, quantile, result, seconds
from ops.tokens import sign
from shared.database import Connection, connect, one, run
from shared.metrics import METRICS, STORED

ROUNDS = 5
READS = 200
SESSIONS = 900_000
"""They come with two million days of activity."""


def measure(sessions: int = SESSIONS) -> Iterator[Result]:
    """`sessions`: with users, payments and the like in proportion."""
    with filled(sessions) as settings, connect(settings.analytics_url()) as connection:
        folds = _folds(connection)
        ours = replace(settings, jwt_secret_key=urandom(32).hex(), rate_limit_per_user="")
        client = create_app(ours).test_client()
        token = sign(ours, user_id=1, role="admin", expires=timedelta(hours=3))
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        for name in METRICS:
            if name in STORED:
                rows = one(connection, f"SELECT count(*) FROM analytics.{name}")  # noqa: S608
                yield result(f"{name}: rows stored", rows, "rows")
                yield result(f"{name}: its part of a fold of 200 changes", folds[name], "ms")
            yield result(f"{name}: read of 365 days", _read(client, name), "ms")
        following = sum(folds[name] for name, metric in STORED.items() if metric.reads)
        yield result("all metrics: fold of 200 changes", sum(folds.values()), "ms")
        yield result("of it what is counted from other metrics", following, "ms")
        yield from _distinct(connection)


def _folds(connection: Connection) -> dict[str, float]:
    """Milliseconds of each metric's fold of the same 200 changes, medians; of grains as well."""
    steps = [name for (name,) in connection.execute(_STEPS)]
    costs: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(ROUNDS + 1):
        with connection.transaction(force_rollback=True):
            run(connection, "benchmark/few_changes")
            for name in steps:
                fold = f"SELECT control.fold_{name}()".encode()
                costs[name].append(1000 * seconds(lambda fold=fold: connection.execute(fold)))
    return {name: sorted(each[1:])[ROUNDS // 2] for name, each in costs.items()}


_STEPS = b"SELECT name FROM control.step WHERE kind = 'summary' ORDER BY place"

_limits = count(1001)


def _read(client: FlaskClient, name: str) -> float:
    """Milliseconds, the median; each asks for another limit, so that none is remembered."""

    def read() -> None:
        days = "days=365&" if METRICS[name].date else ""
        address = f"/api/v1/analytics/metrics/{name}?{days}limit={next(_limits)}"
        client.get(address).close()

    return 1000 * sorted(seconds(read) for _ in range(ROUNDS))[ROUNDS // 2]


def _distinct(connection: Connection) -> Iterator[Result]:
    """Of random windows and end days, beside a count of the same run."""
    days = one(connection, "SELECT count(*) FROM analytics.active_day")
    yield result("days of activity", days, "rows")
    chance = random.Random(1)  # noqa: S311 - the same for everybody
    asked = [
        (date.today() - timedelta(chance.randrange(365)), chance.randint(1, 365))  # noqa: DTZ011
        for _ in range(READS)
    ]
    stored = _each(asked, lambda day, window: one(connection, _STORED, [day, day, window]))
    counted = _each(
        asked[: READS // 5],
        lambda day, window: one(connection, _COUNTED, [day - timedelta(window), day]),
    )
    yield result("active users of a window, stored, p99", quantile(stored, 0.99), "ms", 10)
    yield result("active users of a window, count(DISTINCT), p99", quantile(counted, 0.99), "ms")


def _each(asked: list[tuple[date, int]], ask: Callable[[date, int], object]) -> list[float]:
    return sorted(1000 * seconds(lambda pair=pair: ask(*pair)) for pair in asked)


_STORED = "SELECT users FROM analytics.active_users(%s, %s, %s)"
_COUNTED = "SELECT count(DISTINCT user_id) FROM analytics.active_day WHERE day > %s AND day <= %s"
