"""Every metric: `sql/metric/NAME.sql` is one SELECT over signed rows, under what SQL can't say."""

from collections.abc import Iterable, Mapping

from shared import sqlfiles
from shared.errors import ConfigurationError
from shared.metrics.header import load
from shared.metrics.model import (
    ADMINS,
    CHARTS,
    GRAINS,
    MENTOR,
    USER,
    Key,
    Measure,
    Metric,
    Near,
    Parameter,
)

__all__ = [
    "ADMINS",
    "CHARTS",
    "EVERY",
    "GRAINS",
    "MENTOR",
    "METRICS",
    "NEAR",
    "READ",
    "SERIES",
    "STORED",
    "USER",
    "Key",
    "Measure",
    "Metric",
    "Parameter",
    "check_reading",
    "in_order",
    "journals",
    "load",
    "sources",
]

METRICS = {
    name: load(sqlfiles.ROOT / "metric" / f"{name}.sql") for name in sqlfiles.names("metric")
}
"""By its name."""

STORED = {name: metric for name, metric in METRICS.items() if metric.is_stored}
"""Those that have a table; the others are counted from them when somebody reads."""

READ = {name for metric in STORED.values() for name in metric.reads}
"""Those that other stored ones are counted from."""


def _near(name: str) -> Near | None:
    asking = [metric for metric in STORED.values() if name in metric.near]
    if not asking:
        return None
    named = {column for metric in asking for column in metric.named(METRICS[name])}
    return Near(
        rows=max(metric.near[name] for metric in asking),
        columns=tuple(column for column in METRICS[name].added if column in named),
        is_held=len(asking) > 1,
    )


NEAR = {name: near for name in READ if (near := _near(name))}
"""Of those what is looked for beside each row that changed."""

SERIES = {each.name: each for metric in METRICS.values() for each in metric.series.values()}
"""Those that are kept by the hour or minute, too, by the name of what is stored."""

EVERY = METRICS | SERIES
"""With them."""


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


def sources(metric: Metric) -> tuple[str, ...]:
    """The stored metrics that one which is not stored is counted from."""
    found = dict.fromkeys(
        name
        for read in metric.reads
        for name in ([read] if METRICS[read].is_stored else sources(METRICS[read]))
    )
    return tuple(found)


def journals(metric: Metric) -> tuple[str, ...]:
    """Those that it is counted from, by itself or by what it reads."""
    read = (name for other in metric.reads for name in journals(METRICS[other]))
    return tuple(dict.fromkeys((*metric.journals, *read)))


def check_reading(metric: Metric) -> None:
    """ConfigurationError where it can't be counted from what it reads."""
    for name, line in metric.reads.items():
        if not METRICS[name].is_stored:
            raise ConfigurationError(f"{metric.at(line)}: {name} is not stored.")
        if metric.labels:
            sentence = "what is counted from another metric has no labels."
            raise ConfigurationError(f"{metric.at(line)}: {sentence}")
        if metric.per and next(iter(METRICS[name].keys)) != metric.per:
            sentence = f"{metric.per}, which it is counted per, is not the first key of {name}."
            raise ConfigurationError(f"{metric.at(line)}: {sentence}")
    if metric.per and not metric.reads:
        sentence = "what is counted per key reads another metric."
        raise ConfigurationError(f"{metric.at(metric.lines['per'])}: {sentence}")
    if metric.coarser:
        other = METRICS.get(metric.coarser)
        if (
            other is None
            or not other.keys.keys() < metric.keys.keys()
            or other.measures.keys() != metric.measures.keys()
        ):
            sentence = f"{metric.coarser} does not hold the same sums by fewer keys."
            raise ConfigurationError(f"{metric.at(metric.lines['coarser'])}: {sentence}")
    for name in metric.near:
        if not metric.per or name not in metric.reads:
            sentence = f"{name} is no metric that it reads per key."
            raise ConfigurationError(f"{metric.at(metric.lines['near'])}: {sentence}")
