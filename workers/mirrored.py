"""MentorHub's tables as far as a metric needs them: a CREATE each in sql/mirrored.

A column that MentorHub may lack says DEFAULT NULL, which is what it is then. A table may be missing
where nothing of it but its id is needed.
"""

import sqlite3
from contextlib import closing
from functools import cache
from typing import NamedTuple

from shared import sqlfiles

MIRRORED = sqlfiles.names("mirrored")
"""Our names of the tables."""


class Column(NamedTuple):
    """`type`: what it is where MentorHub hasn't told; `is_needed`: MentorHub must have it."""

    name: str
    type: str
    is_needed: bool

    @property
    def is_id(self) -> bool:
        """A whole number by which rows are told apart."""
        return self.name == "id" or self.name.endswith("_id")


def columns(table: str) -> list[Column]:
    """All that the mirror holds of a table, `id` first."""
    return _read(table, sqlfiles.read(f"mirrored/{table}"))


def published() -> dict[str, list[str]]:
    """The columns of MentorHub's tables that we ask for, by our names."""
    return {table: [column.name for column in columns(table)] for table in MIRRORED}


def creation() -> str:
    """The SQL that makes the mirror."""
    made = [sqlfiles.read("install/mirror")]
    for table in MIRRORED:
        made += [
            sqlfiles.read(f"mirrored/{table}"),
            sqlfiles.render("each_table/mirror", table=table),
        ]
    return "\n".join(made)


@cache
def _read(table: str, create: str) -> list[Column]:
    """As SQLite reads it, which takes types as they are written."""
    with closing(sqlite3.connect(":memory:")) as reader:
        reader.execute("ATTACH ':memory:' AS public")
        reader.executescript(create)
        found = reader.execute(f"PRAGMA public.table_info({table})").fetchall()
    rows = [(name, kind, default) for _, name, kind, _, default, _ in found if name != "w"]
    is_optional = all(default == "NULL" for name, _, default in rows if name != "id")
    return [
        Column(name, kind, default != "NULL" and not (name == "id" and is_optional))
        for name, kind, default in rows
    ]
