"""What MentorHub calls the tables and columns that we need, where it is not as we call them."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from psycopg import sql

from shared.errors import ConfigurationError

FILE = "names.toml"
"""In the folder that ANALYTICS_MAPPING names."""


@dataclass(frozen=True)
class Names:
    """Our table to MentorHub's; our table and column to its column. Equal ones are left out."""

    tables: dict[str, str] = field(default_factory=dict[str, str])
    columns: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    left_out: frozenset[tuple[str, str]] = frozenset()
    """Optional tables and columns of ours that MentorHub isn't asked for."""

    def without(self, columns: Iterable[tuple[str, str]]) -> "Names":
        return replace(self, left_out=frozenset(columns))

    def table(self, ours: str) -> str:
        return self.tables.get(ours, ours)

    def column(self, table: str, ours: str) -> str:
        """Of our column in our table."""
        return self.columns.get((table, ours), ours)

    def written(self, table: str, columns: list[str]) -> tuple[str, str]:
        """MentorHub's names of our table and columns, as SQL has them: `users`, `id, "Name"`."""
        theirs = (_quoted(ours, self.column(table, ours)) for ours in columns)
        return _quoted(table, self.table(table)), ", ".join(theirs)


AS_OURS = Names()
"""MentorHub of today."""


def read(folder: Path | None, published: dict[str, list[str]]) -> Names:
    """What the folder's names.toml says, if it has one; `published`: our tables and columns.

    Raises ConfigurationError with one sentence for what can't be meant.
    """
    path = folder and folder / FILE
    if path is None or not path.exists():
        return AS_OURS
    try:
        told = tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path} can't be read: {error}.") from None
    tables: dict[str, str] = {}
    columns: dict[tuple[str, str], str] = {}
    for table, entries in told.items():
        if table not in published or not isinstance(entries, dict):
            raise ConfigurationError(
                f"{path}: analytics has no table {table}: choose among {', '.join(published)}."
            )
        for column, told_name in cast("dict[str, object]", entries).items():
            theirs = _checked(path, (table, column), told_name, published[table])
            if column == "table":
                tables[table] = theirs
            else:
                columns[table, column] = theirs
    return _distinct(
        path,
        Names(
            {ours: theirs for ours, theirs in tables.items() if ours != theirs},
            {place: theirs for place, theirs in columns.items() if place[1] != theirs},
        ),
        published,
    )


def _quoted(ours: str, theirs: str) -> str:
    return ours if theirs == ours else sql.Identifier(theirs).as_string()


def _checked(path: Path, place: tuple[str, str], theirs: object, columns: list[str]) -> str:
    table, column = place
    # rows are told apart by id, here and there
    mapped = ["table", *(name for name in columns if name != "id")]
    if column not in mapped:
        raise ConfigurationError(
            f"{path}: {column} of {table} can't be another at MentorHub: "
            f"choose among {', '.join(mapped)}."
        )
    if not isinstance(theirs, str) or not theirs:
        raise ConfigurationError(f"{path}: {column} of {table} must be a name in quotes.")
    return theirs


def _distinct(path: Path, names: Names, published: dict[str, list[str]]) -> Names:
    """Each of MentorHub's tables and columns stands for one of ours."""
    for table, columns in published.items():
        if names.table(table) != table and names.table(table) in published:
            raise ConfigurationError(
                f"{path}: {table} can't be MentorHub's {names.table(table)}: "
                "that is a table of analytics itself."
            )
        for ours in columns:
            theirs = names.column(table, ours)
            if theirs != ours and theirs in (*columns, "w"):
                raise ConfigurationError(
                    f"{path}: {ours} of {table} can't be MentorHub's {theirs}: "
                    "that is a column of analytics itself."
                )
        if len({names.column(table, ours) for ours in columns}) < len(columns):
            raise ConfigurationError(f"{path}: two columns of {table} are the same at MentorHub.")
    if len({names.table(table) for table in published}) < len(published):
        raise ConfigurationError(f"{path}: two tables are the same at MentorHub.")
    return names
