"""Which SQL makes the schemas, in which order, and how to tell that it changed."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from psycopg import Error, ProgrammingError

from shared import sqlfiles
from shared.database import Connection, run
from shared.errors import ConfigurationError
from shared.journals import JOURNALS, Journal
from shared.metrics import EVERY, METRICS, NEAR, READ, Metric, in_order
from shared.registry import FAMILIES, STEPS
from shared.shape import shape
from workers import metric_check
from workers.mirrored import MIRRORED, columns

_MAPPED = ("source, public", "change, capture")
"""The schemas that a mapping is executed in, and takes its rows from."""


_UNMEASURED = {("users", '"is_active"')}
"""Columns that feed no metric, so that their changes need not be captured."""

FOLDED = ("correction", "pending", "drift", "fold", "measured")
"""Of sql/each_metric: what keeps a metric's table right, and measures it for alerts."""


class Statement(NamedTuple):
    """SQL, and the search_path that it is executed with; the metric, where it is about one."""

    search_path: str
    sql: str
    metric: Metric | None = None


def statements(mapping: Path | None, timescale: str | None = None) -> Iterator[Statement]:
    """Everything derived from the mirror, in the order it is to be executed.

    A mapping or a metric runs several times, with other schemas on the path: names in it find
    the rows that are there (`source`, `truth`), the signed rows (`change`, `delta`), or
    those that went (`vanished`). A ranking, which is no sum, is defined over a stored summary.
    `mapping`: folder whose TABLE.sql files replace those of sql/mapping. `timescale`: the schema
    of TimescaleDB's functions, where the analytics database has them: quoted.
    """
    yield from _installed("schemas", "caseless", "capture")
    for table in MIRRORED:
        yield Statement("pg_catalog", captured(table))
    for schemas in _MAPPED:
        yield from (Statement(schemas, _mapping(table, mapping)) for table in MIRRORED)
    yield from _installed("unusable", "vanished", "fold", "mirrored")
    for name, family in STEPS.items():
        if name in EVERY:
            yield from of_metric(EVERY[name])
            if timescale and EVERY[name].grain:
                yield _hypertable(EVERY[name], timescale)
        elif name in family.journals:
            yield from _of_journal(JOURNALS[name])
        elif name in family.rankings:
            yield Statement("pg_catalog", sqlfiles.render(f"summary/{name}"))
            yield Statement("truth, source", sqlfiles.render(f"definition/{name}"))
            yield Statement("pg_catalog", sqlfiles.render(f"fold/{name}"))
        else:
            yield Statement("pg_catalog", sqlfiles.read(f"view/{name}"))
            yield Statement("pg_catalog", f"SELECT control.make_view_auditable('{name}')")
    for metric in in_order(METRICS):
        if not metric.is_stored:
            yield from of_metric(metric)
    yield from _installed(
        *("series", "points", "replication", "asking", "as_of", "proof", "mirror_audit", "waiting"),
        *("kept", "alerts", "rebuild", "control", "read_models", "status", "readings"),
    )


def _installed(*names: str) -> Iterator[Statement]:
    """Files of sql/install as they stand there."""
    yield from (Statement("pg_catalog", sqlfiles.read(f"install/{name}")) for name in names)


def captured(table: str) -> str:
    """What appends a mirrored table's changes to its signed rows."""
    names = [f'"{column.name}"' for column in columns(table)]
    measured = [name for name in names if (table, name) not in _UNMEASURED]
    return sqlfiles.render("each_table/capture", table=table, columns=names, measured=measured)


def of_metric(metric: Metric) -> Iterator[Statement]:
    """All that is made for one metric."""
    if not metric.is_stored:
        yield Statement("analytics", sqlfiles.render("each_metric/asked", metric=metric), metric)
        if metric.is_watchable:
            yield Statement(
                "pg_catalog", sqlfiles.render("each_metric/measured", metric=metric), metric
            )
        return
    table = sqlfiles.render("each_metric/table", metric=metric)
    yield Statement("truth, source", _view(metric, "view"), metric)
    yield Statement("pg_catalog", table, metric)
    for name, counted in metric.expressions.items():
        column = sqlfiles.render(
            "each_metric/expression", metric=metric, column=name, counted=counted
        )
        yield Statement("pg_catalog", column, metric)
    changed = _view(metric, "recount" if metric.per else "view", signed=True)
    yield Statement("delta, change", changed, metric)
    if metric.labels:
        yield Statement("vanished", changed, metric)
    for made in FOLDED:
        sql = sqlfiles.render(f"each_metric/{made}", metric=metric, held=_held(metric))
        yield Statement("pg_catalog", sql, metric)
    if metric.per:
        sql = sqlfiles.render("each_metric/anew", metric=metric)
        yield Statement("pg_catalog", sql, metric)
    if metric.name in READ:
        sql = sqlfiles.render("each_metric/capture", metric=metric)
        yield Statement("pg_catalog", sql, metric)
    if metric.name in NEAR:
        sql = sqlfiles.render("each_metric/near", metric=metric, near=NEAR[metric.name])
        yield Statement("pg_catalog", sql, metric)


def _held(metric: Metric) -> list[str]:
    """Of what it reads, that which is looked for once for several."""
    return [name for name in metric.near if name in NEAR and NEAR[name].is_held]


def _hypertable(metric: Metric, timescale: str) -> Statement:
    sql = sqlfiles.render("each_metric/hypertable", metric=metric, timescale=timescale)
    return Statement("pg_catalog", sql, metric)


def _of_journal(journal: Journal) -> Iterator[Statement]:
    """Its definition, the entries that it begins with, and what adds others."""
    defined = sqlfiles.read(f"journal/{journal.name}")
    yield Statement("truth, source", defined)
    yield Statement("delta, change", defined)
    yield Statement("truth, source", sqlfiles.read(f"opening/{journal.name}"))
    yield Statement("pg_catalog", sqlfiles.render("each_journal/journal", journal=journal))


def _view(metric: Metric, template: str, *, signed: bool = False) -> str:
    read = {
        **{name: METRICS[name] for name in metric.reads},
        **{name: JOURNALS[name] for name in metric.journals},
    }
    return sqlfiles.render(
        f"each_metric/{template}", metric=metric, read=read, signed=signed, held=_held(metric)
    )


def digest(made: Iterable[Statement]) -> str:
    """Changes whenever any statement does: then everything must be made and calculated anew."""
    texts = "\0".join(f"{each.search_path}\0{each.sql}" for each in made)
    return hashlib.sha256(f"{texts}\0{FAMILIES}".encode()).hexdigest()


def execute(connection: Connection, made: Sequence[Statement]) -> None:
    """Make all schemas, of which none is there, inside the caller's transaction."""
    _execute_each(connection, made)
    connection.execute("SELECT set_config('search_path', 'pg_catalog', true)")
    connection.execute(
        "INSERT INTO control.installation (definitions, shape) VALUES (%s, %s)",
        [digest(made), shape()],
    )
    for family in FAMILIES.values():
        connection.execute(
            "INSERT INTO analytics.freshness (family, ttl) VALUES (%s, make_interval(secs => %s))",
            [family.name, family.ttl],
        )
    for place, (kind, name, family) in enumerate(_steps()):
        connection.execute(
            "INSERT INTO control.step (name, family, shared, kind, place, key)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            [name, family, _shared(name), kind, place, _key(name)],
        )
    run(connection, "install/dependence")


def make_metric(connection: Connection, metric: Metric) -> None:
    """What is stored of one metric; ConfigurationError names the line of a mistake in its file."""
    _execute_each(connection, of_metric(metric))


def _execute_each(connection: Connection, made: Iterable[Statement]) -> None:
    for search_path, statements in groupby(made, lambda each: each.search_path):
        connection.execute("SELECT set_config('search_path', %s, true)", [search_path])
        for statement in statements:
            _execute(connection, statement)


def _execute(connection: Connection, statement: Statement) -> None:
    search_path, sql, metric = statement
    try:
        connection.execute(sql.encode())
        if metric and search_path.startswith("truth"):
            metric_check.check(connection, metric)
    except Error as error:
        sentence = _mistake(error, statement)
        if sentence is None:
            raise
        raise ConfigurationError(sentence) from None


def _mistake(error: Error, statement: Statement) -> str | None:
    """Of whoever wrote the statement, in a sentence; None where it is not theirs."""
    search_path, sql, metric = statement
    if metric:
        return metric_check.sentence(error, sql, metric)
    if search_path in _MAPPED and isinstance(error, ProgrammingError):
        return (
            f"A mapping doesn't fit MentorHub's tables ({error.diag.message_primary}, in "
            f"`{sql.splitlines()[0]}`): write one that does, in the folder ANALYTICS_MAPPING."
        )
    return None


def _steps() -> Iterator[tuple[str, str, str]]:
    for family in FAMILIES.values():
        for kind, names in (
            ("journal", family.journals),
            ("summary", family.summaries),
            ("ranking", family.rankings),
            ("view", family.views),
        ):
            yield from ((kind, name, family.name) for name in names)


def _shared(step: str) -> list[str]:
    return [family.name for family in FAMILIES.values() if step in family.shares]


def _key(step: str) -> str | None:
    """The first column of its key; None where a step has no rows that are compared one by one."""
    keyed = EVERY.get(step) or JOURNALS.get(step)
    return next(iter(keyed.keys)) if keyed else None


def _mapping(table: str, folder: Path | None) -> str:
    override = folder and folder / f"{table}.sql"
    return (
        override.read_text()
        if override and override.exists()
        else sqlfiles.read(f"mapping/{table}")
    )
