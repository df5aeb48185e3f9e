"""Every metric: `sql/metric/NAME.sql` is one SELECT over signed rows, under what SQL can't say."""

from collections.abc import Iterable, Mapping

from shared import sqlfiles
from shared.errors import ConfigurationError
from shared.metrics.header import load
from shared.metrics.model import ADMINS, CHARTS, Key, Measure, Metric

__all__ = [
    "ADMINS",
    "CHARTS",
    "METRICS",
    "READ",
    "Key",
    "Measure",
    "Metric",
    "check_reading",
    "in_order",
    "load",
]

METRICS = {path.stem: load(path) for path in sorted((sqlfiles.ROOT / "metric").glob("*.sql"))}
"""By its name."""

READ = {name for metric in METRICS.values() for name in metric.reads}
"""Those that others are counted from."""


def in_order(metrics: Mapping[str, Metric]) -> Iterable[Metric]:
    """Each after those that it reads; ConfigurationError where that can't be."""
    done: dict[str, Metric] = {}
    for metric in metrics.values():
        _place(metric, metrics, done, ())
    return done.values()


def _place(
    metric: Metric, metrics: Mapping[str, Metric], done: dict[str, Metric], above: tuple[str, ...]
) -> None:
    for name, line in metric.reads.items():
        if name in (*above, metric.name):
            raise ConfigurationError(f"{metric.at(line)}: {name} is counted from itself.")
        _place(metrics[name], metrics, done, (*above, metric.name))
    done.setdefault(metric.name, metric)


def check_reading(metric: Metric) -> None:
    """ConfigurationError where it can't be counted from what it reads."""
    for name, line in metric.reads.items():
        if metric.labels:
            sentence = "what is counted from another metric has no labels."
            raise ConfigurationError(f"{metric.at(line)}: {sentence}")
        if metric.per and next(iter(METRICS[name].keys)) != metric.per:
            sentence = f"{metric.per}, which it is counted per, is not the first key of {name}."
            raise ConfigurationError(f"{metric.at(line)}: {sentence}")
    if metric.per and not metric.reads:
        sentence = "what is counted per key reads another metric."
        raise ConfigurationError(f"{metric.at(metric.lines['per'])}: {sentence}")
