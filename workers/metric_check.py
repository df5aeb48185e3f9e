"""Whether a metric file's header and its SELECT say the same."""

import re
from typing import Any, cast

from psycopg import Error, sql
from psycopg.errors import OperationalError, QueryCanceled

from shared import sqlfiles
from shared.database import Connection, one, run
from shared.errors import ConfigurationError
from shared.metrics import Metric, check_reading

_SUMS = {"bigint", "numeric"}

_FITTING = {
    "bigint": {"smallint", "integer", "bigint"},
    "text": {"text", "character varying", '"char"', "name"},
    "date": {"date"},
    "timestamptz": {"timestamp with time zone"},
}
"""Types of a column of the SELECT that a stored key can hold, by the key's."""

_WEIGHT = re.compile(r"\bw\b")

_COLUMN = re.compile(r"ADD COLUMN (\w+)")


def check(connection: Connection, metric: Metric) -> None:
    """ConfigurationError names the line where the SELECT gives other columns than the header."""
    check_reading(metric)
    given = dict(run(connection, "each_metric/columns", [metric.name]).fetchall())
    told = metric.given
    for name in told:
        if name not in given:
            _refuse(metric, name, f"the SELECT gives no column {name}.")
    for name in given:
        if name not in told:
            sentence = f"the SELECT gives {name}, which is none of keys, measures and labels."
            raise ConfigurationError(f"{metric.at(metric.line)}: {sentence}")
    for name, key in metric.keys.items():
        if given[name] not in _FITTING[key.stored]:
            _refuse(metric, name, f"{name} is {given[name]} in the SELECT, not {key.type}.")
    for name in metric.measures:
        if given[name] not in _SUMS:
            _refuse(metric, name, f"{name} is {given[name]}, and no sum: is it a key or a label?")
    _check_grouping(connection, metric)
    _check_weights(connection, metric)


def _check_grouping(connection: Connection, metric: Metric) -> None:
    # What the planner drops as it is constant is no mistake, so fewer columns may be planned.
    query = sql.SQL("EXPLAIN (VERBOSE, COSTS off, FORMAT json) SELECT * FROM truth.{}")
    plan = one(connection, query.format(sql.Identifier(metric.name)))
    grouped = _grouping(plan[0]["Plan"])
    if grouped > len(metric.keys):
        sentence = f"the SELECT groups by {grouped} columns, keys has {len(metric.keys)}."
        raise ConfigurationError(f"{metric.at(metric.line)}: {sentence}")


def _check_weights(connection: Connection, metric: Metric) -> None:
    is_weighed = one(connection, sqlfiles.read("each_metric/weighed"), [metric.name])
    # of another metric's rows, the weight is no table's column
    is_counted_from = metric.reads or metric.journals
    if not is_weighed and not (is_counted_from and _WEIGHT.search(metric.select)):
        sentence = "no sum has w in it: a row counts w times, or what vanishes would count, too."
        raise ConfigurationError(f"{metric.at(metric.line)}: {sentence}")


def _grouping(plan: dict[str, Any]) -> int:
    """By how many columns the outermost aggregate groups."""
    while plan["Node Type"] not in {"Aggregate", "Group"} and len(plan.get("Plans", ())) == 1:
        plan = cast("dict[str, Any]", plan["Plans"][0])
    return len(plan.get("Group Key", ()))


def sentence(error: Error, text: str, metric: Metric) -> str | None:
    """What is wrong with the file, and in which line; None where the server is away.

    `text`: the statement that failed.
    """
    if isinstance(error, OperationalError | QueryCanceled) or not error.diag.message_primary:
        return None
    line = 1
    if column := _COLUMN.search(text):
        line = metric.lines[column[1]]
    elif position := error.diag.statement_position:
        line = metric.line + text.count("\n", text.find(metric.select), int(position))
    return f"{metric.at(line)}: {error.diag.message_primary}."


def _refuse(metric: Metric, name: str, what: str) -> None:
    raise ConfigurationError(f"{metric.at(metric.lines[name])}: {what}")
