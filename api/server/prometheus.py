"""`/metrics`: this process, and what the parts wrote down, in Prometheus' format.

One process is one target: it is asked by itself, so nothing is added up here. What concerns a whole
stack (folds, tasks, replication) comes from the database, and is the same from every API.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from flask import Blueprint, Flask, Response, request
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from api.access.permissions import operator
from api.answers.cache import Cache
from api.database.reader import Reader
from api.live.stream import MOST, Streams
from api.services import service, services
from shared.errors import ConfigurationError
from shared.readings import READINGS

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Seconds."""

WORKS = {
    "done": ("analytics_work", "How often the parts did it."),
    "failed": ("analytics_work_failed", "How often it failed."),
    "seconds": ("analytics_work_seconds", "How long that took."),
    "rows": ("analytics_work_rows", "How many rows it changed."),
}

BUSINESS = {
    "user_registration": "Accounts.",
    "session_created": "Sessions of any status.",
    "payment_success": "Completed payments, of all currencies.",
    "payment_failed": "Failed payments, of all currencies.",
}
"""Counters that MentorHub's alert rules ask for: rows that are there, so a deletion is a reset."""

pages = Blueprint("metrics", __name__)


@pages.get("/metrics")
@operator
def exposed() -> Response:
    """What whoever has METRICS_TOKEN may read, and admins."""
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    response = Response(encode(service(Prometheus).registry), content_type=content_type)
    response.headers["Cache-Control"] = "no-store"
    return response


class Prometheus:
    """The numbers of one app."""

    def __init__(self, app: Flask) -> None:
        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "analytics_http_request_seconds",
            "From a request to its answer, by address and status.",
            ["endpoint", "status"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._endpoint = lru_cache(1024)(_endpoints(app))
        self.registry.register(_Process(app))
        self.registry.register(_Database(services(app)[Reader]))

    def answered(self, path: str, status: int, seconds: float) -> None:
        self._seconds.labels(self._endpoint(path), status).observe(seconds)


class _Process(Collector):
    """What an API knows of itself."""

    def __init__(self, app: Flask) -> None:
        self._streams = services(app)[Streams]
        self._cache = services(app)[Cache]

    def collect(self) -> Iterator[Metric]:
        yield _gauge("streams", "Open streams.", len(self._streams))
        yield _gauge(
            "streams_share",
            "The same as a share of the most that may be open.",
            len(self._streams) / MOST,
        )
        hits = CounterMetricFamily(
            "analytics_cache_hits", "Answers from memory or Redis.", labels=["family"]
        )
        for family, count in dict(self._cache.all_hits).items():
            hits.add_metric([family], count)
        yield hits


class _Database(Collector):
    """What the parts wrote down; of a database that is away only that."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def collect(self) -> Iterator[Metric]:
        try:
            found = [*self._readings(), *self._works(), *self._business()]
        except (SQLAlchemyError, ConfigurationError):
            yield _away(1)
            return
        yield _away(0)
        yield from found

    def _readings(self) -> Iterator[Metric]:
        families: dict[str, GaugeMetricFamily] = {}
        for row in self._reader.rows("readings"):
            label, meaning = READINGS[row.name]
            gauge = families.setdefault(
                row.name,
                GaugeMetricFamily(f"analytics_{row.name}", meaning, labels=[label] * bool(label)),
            )
            gauge.add_metric([row.label] * bool(label), row.value)
        yield from families.values()

    def _works(self) -> Iterator[Metric]:
        rows = self._reader.rows("tallies")
        for column, (name, meaning) in WORKS.items():
            counter = CounterMetricFamily(name, meaning, labels=["what"])
            for row in rows:
                counter.add_metric([row.what], getattr(row, column))
            yield counter

    def _business(self) -> Iterator[Metric]:
        row = self._reader.row("business")
        for name, meaning in BUSINESS.items():
            yield CounterMetricFamily(name, meaning, value=getattr(row, name) or 0)


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"analytics_{name}", meaning, value=value)


def _away(value: int) -> Metric:
    return _gauge("database_away", "1 where this API can't read its database.", value)


def _endpoints(app: Flask) -> Callable[[str], str]:
    """Which address of ours a path is; `other` for none, as clients make up any."""
    rules = [rule.rule for rule in app.url_map.iter_rules()]
    exact = {rule for rule in rules if "<" not in rule}
    named = [
        (re.compile("[^/]+".join(map(re.escape, re.split(r"<[^>]+>", rule)))), rule)
        for rule in rules
        if "<" in rule
    ]

    def endpoint(path: str) -> str:
        if path in exact:
            return path
        return next((rule for pattern, rule in named if pattern.fullmatch(path)), "other")

    return endpoint
