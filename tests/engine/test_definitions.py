"""A metric is defined once: its truth and its delta come from the same text, and add up."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from psycopg import sql

from ops.local.embedded import Postgres
from shared.database import Connection, connect
from shared.metrics import METRICS
from shared.registry import FAMILIES
from tests.support.databases import database
from tests.support.mirror import turn_into, write
from tests.support.worlds import World, worlds
from workers.definitions import MIRRORED, captured, of_metric

SUMMARIES = [name for family in FAMILIES.values() for name in family.summaries]


@pytest.fixture(scope="module")
def ours(postgres: Postgres, analytics_template: str) -> Iterator[Connection]:
    with (
        database(postgres, "test_definitions", analytics_template) as url,
        connect(url) as connection,
    ):
        yield connection


def sums(connection: Connection, view: str, summary: str) -> dict[tuple[Any, ...], list[Any]]:
    """Key to sums of a view; what isn't a number is no sum and is left out."""
    keys = [name for (name,) in connection.execute(KEYS, [f"analytics.{summary}"])]
    cursor = connection.execute(
        sql.SQL("SELECT * FROM {}.{}").format(sql.Identifier(view), sql.Identifier(summary))
    )
    names = [column.name for column in cursor.description or ()]
    values = [i for i, c in enumerate(cursor.description or ()) if c.type_code in NUMBERS]
    return {
        tuple(row[names.index(key)] for key in keys): [
            row[i] for i in values if names[i] not in keys
        ]
        for row in cursor
    }


KEYS = """
SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey)
WHERE indrelid = %s::regclass AND indisprimary ORDER BY attnum
"""
NUMBERS = (20, 21, 23, 1700)
"""bigint, smallint, integer, numeric"""


def add(one: dict[Any, list[Any]], other: dict[Any, list[Any]]) -> dict[Any, list[Any]]:
    total = {
        key: [
            (a or 0) + (b or 0)
            for a, b in zip(
                one.get(key) or [0] * len(other[key]),
                other.get(key) or [0] * len(one[key]),
                strict=True,
            )
        ]
        for key in one.keys() | other.keys()
    }
    return {key: values for key, values in total.items() if any(values)}


@hypothesis_settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(world=worlds(), row_by_row=st.booleans())
def test_truth_before_plus_delta_is_truth_after(
    ours: Connection, world: World, *, row_by_row: bool
) -> None:
    write(ours, world.rows)
    for table in MIRRORED:
        ours.execute(sql.SQL("TRUNCATE capture.{}").format(sql.Identifier(table)))
    stored = {name: sums(ours, "truth", name) for name in SUMMARIES}
    (turn_into if row_by_row else write)(ours, world.next_rows)
    for name in SUMMARIES:
        assert add(stored[name], sums(ours, "delta", name)) == add(sums(ours, "truth", name), {}), (
            name
        )


EXPECTED = Path(__file__).parent / "expected"
"""What the templates give; after a change of theirs read the difference, and copy the result."""


@pytest.mark.parametrize("name", ["session_day", "course_performance"])
def test_the_sql_of_a_metric_is_what_is_expected(name: str) -> None:
    made = "\n".join(f"-- {each.search_path}\n{each.sql}" for each in of_metric(METRICS[name]))
    assert made == (EXPECTED / f"{name}.sql").read_text()


def test_the_sql_that_captures_a_table_is_what_is_expected() -> None:
    assert captured("users") == (EXPECTED / "users.sql").read_text()
