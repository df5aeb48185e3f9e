"""What a metric is: the names, units and words that its file gives."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.journals import Journal

UNITS = (
    "count",
    "percent",
    "money",
    "minutes",
    "hours",
    "days",
    "stars",
    "points",
    "moment",
    "text",
)
"""Of `money` the main unit is answered; the minor one is stored, unless `main` is said."""

DATES = ("day", "week", "month")
"""Types of a key that is a date: the first day of so much, in the reporting time zone."""

STATES = ("first", "last")
"""Of a measure that is no sum over dates: which of them the total has."""

GRAINS = ("hour", "minute")
"""What a metric of days may be kept by, too: such a key is the instant at which it begins."""

TYPES = {**dict.fromkeys(DATES, "date"), "integer": "bigint", "text": "text"}
"""Of keys, and the stored type of each; text is compared in the C locale."""

CHARTS = ("line", "bar", "table", "heatmap", "histogram", "funnel")

ADMINS = "admins"

USER, MENTOR = "user_id", "mentor_id"

READERS = (ADMINS, USER, MENTOR)
"""Of a metric: admins alone, or also the user or the mentor whose rows they are."""


@dataclass(frozen=True)
class Said:
    """What people read, in two languages."""

    en: str
    ru: str


@dataclass(frozen=True)
class Word(Said):
    """What stands for a value, in the languages of the pages."""

    zh: str
    he: str


GRAIN_SAID = {
    "hour": Said(
        "The hour in the reporting time zone: when it began.",
        "Час по отчётному часовому поясу: когда он начался.",
    ),
    "minute": Said("The minute: when it began.", "Минута: её начало."),
}


@dataclass(frozen=True)
class Key:
    """A column that the SELECT groups by.

    `apart`: amounts of different values are never added together (currencies).
    `hidden`: stored, and answered by percentiles alone.
    `values`: of a text, what people read in their place; where it is `free`, there may be others.
    """

    said: Said
    type: str
    apart: bool
    hidden: bool
    values: Mapping[str, Word]
    free: bool

    @property
    def stored(self) -> str:
        return "timestamptz" if self.type in GRAINS else TYPES[self.type]

    @property
    def is_date(self) -> bool:
        return self.type in (*DATES, *GRAINS)


@dataclass(frozen=True)
class Measure:
    """A column that is counted; `expression`: of others, for what the SELECT doesn't give.

    `rolling`: of the days of the parameter `window`, which don't add up: the total is of all days.
    `state`: what there is when a date begins (`first`) or has ended (`last`): the total has that of
    the first or last date.
    `is_main`: its money is given in main units.
    `total`: or else what rows have together means nothing to people.
    """

    said: Said
    unit: str
    expression: str | None = None
    rolling: bool = False
    state: str | None = None
    is_main: bool = False
    total: bool = True

    @property
    def is_minor(self) -> bool:
        """Whether it is answered in other units than it is given in."""
        return self.unit == "money" and not self.is_main


@dataclass(frozen=True)
class Parameter:
    """What an answer that is counted when it is read may be asked for: a number, or one `of`."""

    said: Said
    usual: int | str
    least: int = 0
    most: int = 0
    of: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        """In SQL."""
        return "text" if self.of else "integer"


@dataclass(frozen=True)
class Percentile(Measure):
    """The least value of the hidden key that so many percent of a measure are not beyond.

    `of`: the measure, which says how often each value is there.
    """

    percent: int = 50
    of: str = ""


@dataclass(frozen=True)
class Near:
    """What others ask for beside each row of a metric that changed.

    `rows`: so many on each side. `is_held`: looked for once in a fold, as several metrics ask.
    """

    rows: int
    columns: tuple[str, ...]
    is_held: bool


@dataclass(frozen=True, eq=False)  # each file is read once, and what is made of it remembered
class Metric:
    """One file.

    `measures`: sums over signed rows. `ratios`: expressions over them, true of any sum of rows.
    `percentiles`: of the hidden key, true of any rows together.
    `labels`: maxima, of a row alone. `generated`: expressions, of a row alone.
    `readers`: one of READERS.
    `by`: the keys that an answer is grouped by where nobody asks for others.
    `ttl`: seconds, the most an answer may lag behind MentorHub even if every event is lost.
    `select`: the SELECT; `line`: of the file, that it begins at; `lines`: of what the header names.
    `reads`: the metrics whose stored rows the SELECT counts, and the line of each.
    `journals`: those that it is counted from.
    `per`: the key for whose values it is counted again, whole; without it the SELECT is a sum.
    `near`: of what it reads, where so many rows on each side of one decide what that one counts.
    `coarser`: the metric that holds the same sums by fewer keys.
    `is_stored`: or else the SELECT is asked of stored metrics whenever somebody reads, with the
    dates `first` and `last` where it has a date, and with `parameters`.
    `is_listed`: or else other metrics are counted from it, and nobody is shown it unasked.
    `grains`: what it is kept by besides days; `grain`: which of them this is of, then `file` is the
    name of the metric of days.
    """

    name: str
    title: Said
    meaning: Said
    keys: Mapping[str, Key]
    measures: Mapping[str, Measure]
    ratios: Mapping[str, Measure]
    percentiles: Mapping[str, Percentile]
    labels: Mapping[str, Measure]
    generated: Mapping[str, Measure]
    readers: str
    by: tuple[str, ...]
    chart: str
    ttl: int
    select: str
    line: int
    lines: Mapping[str, int]
    reads: Mapping[str, int]
    journals: tuple[str, ...]
    per: str | None
    near: Mapping[str, int]
    coarser: str | None
    is_stored: bool
    is_listed: bool
    parameters: Mapping[str, Parameter]
    grains: tuple[str, ...] = ()
    grain: str | None = None
    file: str = ""

    @cached_property
    def series(self) -> dict[str, "Metric"]:
        """The same metric by the hour or minute, by its grain: the SELECT with that for the day."""
        return {grain: self._by(grain) for grain in self.grains}

    def _by(self, grain: str) -> "Metric":
        keys = {
            **{grain if name == self.date else name: key for name, key in self.keys.items()},
            grain: replace(self.keys[self.date or ""], said=GRAIN_SAID[grain], type=grain),
        }
        return replace(
            self,
            name=f"{self.name}_{grain}",
            keys=keys,
            by=tuple(grain if name == self.date else name for name in self.by),
            select=re.sub(rf"\b{self.date}\b", grain, self.select),
            lines={**self.lines, grain: self.line},
            grains=(),
            grain=grain,
            file=self.name,
        )

    @property
    def address(self) -> str:
        """Below /api/v1/analytics; it is the name of its answer, too."""
        return f"metrics/{self.file or self.name}"

    @property
    def schema(self) -> str:
        """What the document's schemas about it begin with."""
        return self.name.title().replace("_", "") + "Metric"

    @cached_property
    def date(self) -> str | None:
        """The key that is the date, if there is one."""
        return next((name for name, key in self.keys.items() if key.is_date), None)

    @property
    def is_watchable(self) -> bool:
        """Whether a rule can be about it: what is asked of more than its dates costs a fold."""
        return self.is_stored or bool(self.date and not self.parameters)

    @property
    def is_of_today(self) -> bool:
        """Whether what is asked depends on the day, which is that of all answers."""
        return not self.is_stored and "FROM freshness" in self.select

    @cached_property
    def shown(self) -> dict[str, Key]:
        """The keys that a client may group and filter by."""
        return {name: key for name, key in self.keys.items() if not key.hidden}

    @cached_property
    def hidden(self) -> str | None:
        """The key that percentiles are of, if there is one."""
        return next((name for name, key in self.keys.items() if key.hidden), None)

    @property
    def apart(self) -> tuple[str, ...]:
        return tuple(name for name, key in self.keys.items() if key.apart)

    @property
    def counted(self) -> dict[str, Measure]:
        """What the SELECT gives besides the keys."""
        return {**self.labels, **self.measures}

    @property
    def added(self) -> dict[str, Key | Measure]:
        """What another metric may be counted from: what adds up, and by what."""
        return {**self.keys, **self.measures}

    def named(self, other: "Metric | Journal") -> list[str]:
        """What the SELECT is given of another one: all but the measures that it doesn't name."""
        return [name for name in other.added if name not in other.measures or self._names(name)]

    def _names(self, column: str) -> bool:
        return re.search(rf"\b{column}\b", self.select) is not None

    @property
    def rolling(self) -> tuple[str, ...]:
        """Measures that don't add up over days."""
        return tuple(name for name, measure in self.measures.items() if measure.rolling)

    @property
    def states(self) -> dict[str, str]:
        """Measures of which the total has that of the first date, or of the last."""
        return {name: each.state for name, each in self.measures.items() if each.state}

    @property
    def is_by_date(self) -> bool:
        """Whether something doesn't add up over dates, so that rows are of one each."""
        return bool(self.date and (self.rolling or self.states))

    @property
    def arguments(self) -> dict[str, str]:
        """What the SELECT is asked with, and of which types, where nothing is stored."""
        dates = {"first": "date", "last": "date"} if self.date else {}
        return dates | {name: each.type for name, each in self.parameters.items()}

    @property
    def expressions(self) -> dict[str, Measure]:
        """What is generated from other columns."""
        return {**self.ratios, **self.generated}

    @property
    def numbers(self) -> dict[str, Measure]:
        """What any sum of rows has."""
        return {**self.measures, **self.ratios, **self.percentiles}

    @property
    def alone(self) -> dict[str, Measure]:
        """What is answered of a row by itself; generated text is for sorting and searching."""
        said = {name: each for name, each in self.generated.items() if each.unit != "text"}
        return {**self.labels, **said}

    @property
    def answered(self) -> dict[str, Key | Measure]:
        """What a client sees, in its order."""
        return {**self.shown, **self.alone, **self.numbers}

    @property
    def given(self) -> dict[str, Key | Measure]:
        """The columns of the SELECT."""
        return {**self.keys, **self.counted}

    @property
    def columns(self) -> dict[str, Key | Measure]:
        """Of the table, in its order."""
        return {**self.given, **self.expressions}

    def at(self, line: int) -> str:
        """The file's line, for a person."""
        return f"sql/metric/{self.file or self.name}.sql:{line}"
