"""The answer that a file is made of, and the tables in it."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple, TypeGuard

Cell = str | int | Decimal | None

Row = tuple[Cell, ...]

FACT = ("section", "name", "value")
"""The columns of what is no table by itself: one number a row, and where it belongs."""

DAYS = ("date", "day")
"""Columns that hold days."""

MENTOR = "mentor_id"
"""The column that holds mentors."""

NAME = "username"
"""The column beside it that says what they are called."""

NOTES = "notes"
"""What people wrote: a table, or a column of one whose rows are of days."""

LONGEST_NAME = 31
"""Letters of a sheet's name."""

ALWAYS = {
    "courses": (
        "course_id",
        "course_title",
        "enrollments",
        "avg_progress",
        "completed",
        "completion_rate",
        "avg_rating",
    ),
    "top_mentors": ("mentor_id", "sessions"),
}
"""The columns of lists that may be empty: a table has a header even then."""


class Table(NamedTuple):
    """Rows under a header."""

    name: str
    columns: tuple[str, ...]
    rows: Iterable[Row]

    def facts(self) -> Iterator[Row]:
        """The same cells, one a row."""
        if self.columns == FACT:
            yield from self.rows
            return
        for first, *others in self.rows:
            for column, value in zip(self.columns[1:], others, strict=True):
                name = first if len(others) == 1 else f"{first}.{column}"
                if (column, value) != (NOTES, None):
                    yield self.name, name, value


@dataclass(frozen=True)
class Answer:
    """What the JSON response says: its body, and the facts about it that its headers hold.

    `today`: the day of as-of in the reporting time zone.
    `noted`: what people wrote on its days, as GET notes answers it; empty where nobody asked.
    `named`: what its mentors are called, by their ids, in JSON; empty where nobody asked.
    """

    family: str
    body: str | bytes
    as_of: datetime
    today: date
    window: str | None = None
    currency: str | None = None
    noted: str = ""
    named: str = ""

    @cached_property
    def content(self) -> dict[str, Any]:
        """The body; decimals keep the very digits that are in it."""
        return json.loads(self.body, parse_float=Decimal)

    @property
    def minute(self) -> datetime:
        """As-of rounded down, which is true as well, for readers and for caches."""
        return self.as_of.astimezone(UTC).replace(second=0, microsecond=0)

    @property
    def title(self) -> str:
        """What tells it from other answers: family, id and currency, and its days."""
        ids = [str(self.content[key]) for key in ("user_id", "course_id") if key in self.content]
        named = [self.family.replace("_", "-").replace("/", "-"), *ids, self.currency]
        days = self.window.split()[0].split("/") if self.window else [str(self.today)]
        return "_".join(["-".join(filter(None, named)), *days])

    @property
    def mentors(self) -> list[int]:
        """Whose ids are in it."""
        ids = {
            row[table.columns.index(MENTOR)]
            for table in self._numbers()
            if MENTOR in table.columns
            for row in table.rows
        }
        return sorted(each for each in ids if isinstance(each, int))

    def tables(self) -> list[Table]:
        """Every number of the body, once, with names and notes where they were asked for."""
        tables = self._numbers()
        if self.named:
            names = json.loads(self.named)
            tables = [_with_names(table, names) for table in tables]
        if not self.noted:
            return tables
        notes = json.loads(self.noted)["notes"]
        found = [_with_notes(table, notes) for table in tables]
        if found != tables:
            return found
        rows = [(note["day"], note["text"]) for note in notes]
        return [*tables, Table(NOTES, ("day", "text"), rows)]

    def _numbers(self) -> list[Table]:
        """Of the body.

        Lists and maps are tables by their name there; single numbers make one more in front of
        them, `summary`. A body of nothing but single numbers is a table of one row.
        """
        body = self.content.get("analytics", {}) | self.content
        body.pop("analytics", None)
        body.pop("period_days", None)  # the window says it
        if "rows" in body:
            return self._tidy(body)
        if not any(isinstance(part, dict | list) for part in body.values()):
            return [Table(self.family, tuple(body), [tuple(body.values())])]
        facts = [*self._facts(body)]
        tables = [*self._tables(body)]
        return [Table("summary", FACT, facts), *tables] if facts else tables

    @property
    def is_tidy(self) -> bool:
        """Whether it is one table by itself, and the others only sum it up."""
        return "rows" in self.content

    def _tidy(self, body: dict[str, Any]) -> list[Table]:
        """Of a metric: its rows, and what they are together, or were before."""
        total: dict[str, Cell] = body["total"] or {}
        items = body["rows"] or [dict.fromkeys([*body["by"], *total])]
        columns = tuple(items[0])
        rows = [tuple(item.values()) for item in body["rows"]]
        tables = [Table(body["metric"][:LONGEST_NAME], columns, rows)]
        if total:
            tables.append(Table("total", tuple(total), [tuple(total.values())]))
        if "comparison" in body:
            tables.append(_named("comparison", body["comparison"]["metrics"]))
        return tables

    def _facts(self, body: dict[str, Any]) -> Iterator[Row]:
        for section, part in body.items():
            if _is_map(part) and not section.startswith("by_"):
                yield from ((section, *fact) for fact in part.items() if not _is_map(fact[1]))
            elif not isinstance(part, dict | list):
                yield self.family, section, part

    def _tables(self, body: dict[str, Any]) -> Iterator[Table]:
        for name, part in body.items():
            if _is_list(part):
                yield _table(self.family if name == "data" else name, part)
            elif _is_map(part) and name.startswith("by_"):
                yield Table(name, (name.removeprefix("by_"), "value"), list(part.items()))
            elif _is_map(part):
                for items in filter(_is_map, part.values()):
                    yield _named(name, items)


@dataclass(frozen=True)
class LongAnswer(Answer):
    """An answer that is one list, too long to be held: `lines` are its objects, each in JSON."""

    lines: Iterable[str | bytes] = ()

    def tables(self) -> list[Table]:
        """The only one; its rows come as the lines do, and once."""
        return [Table(self.family, ALWAYS[self.family], self._rows())]

    def _rows(self) -> Iterator[Row]:
        for line in self.lines:
            item = json.loads(line, parse_float=Decimal)
            yield tuple(item[column] for column in ALWAYS[self.family])


def _with_notes(table: Table, notes: list[dict[str, Any]]) -> Table:
    """With a column of the notes on each row's day, where rows are of days."""
    place = next((table.columns.index(name) for name in DAYS if name in table.columns), None)
    if place is None:
        return table
    texts: dict[Cell, list[str]] = {}
    for note in notes:
        texts.setdefault(note["day"], []).append(note["text"])
    rows = [(*row, "; ".join(texts.get(row[place], ())) or None) for row in table.rows]
    return Table(table.name, (*table.columns, NOTES), rows)


def _with_names(table: Table, names: dict[str, str]) -> Table:
    """With a column of usernames behind that of mentors, where there is one."""
    if MENTOR not in table.columns:
        return table
    place = table.columns.index(MENTOR) + 1
    rows = [(*row[:place], names.get(str(row[place - 1])), *row[place:]) for row in table.rows]
    columns = (*table.columns[:place], NAME, *table.columns[place:])
    return Table(table.name, columns, rows)


def _is_list(part: object) -> TypeGuard[list[dict[str, Cell]]]:
    return isinstance(part, list)


def _is_map(part: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(part, dict)


def _table(name: str, items: list[dict[str, Cell]]) -> Table:
    columns = tuple(items[0]) if items else ALWAYS.get(name, ())
    return Table(name, columns, [tuple(item[column] for column in columns) for item in items])


def _named(name: str, items: dict[str, Any]) -> Table:
    """Of objects that have names: a comparison's metrics."""
    return _table(name, [{"metric": metric, **numbers} for metric, numbers in items.items()])
