"""Make the mirror equal to MentorHub's tables and prove it, range by range, beside replication.

A range is read at MentorHub by statements shorter than a second, and no transaction outlives one.
What is read is of a later moment than what replication has applied, so that replication brings some
of it again: meanwhile the mirror makes way for it (sql/install/mirror.sql). When everything is
applied that MentorHub had committed at the end, the table is what MentorHub's was then.
"""

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import errors, sql
from psycopg.types.json import Jsonb

from shared import sqlfiles
from shared.database import Connection, one, run, template
from shared.errors import ConfigurationError
from workers import mentorhub, mirror
from workers.names import Names

ROWS = 20_000
"""Of a range, at most; fewer where MentorHub can't read so many within a second."""

PATIENCE = 10
"""Seconds for replication to connect, and for somebody's lock on a table to go."""

TRIES = 3
"""So often a table is compared when something makes it doubtful in the meantime."""

_UNSTEADY = (
    "MentorHub's tables, or the connection to them, are other ones again and again while they are "
    "compared: the analytics server's log may say why."
)

Progress = Callable[[int], object]
"""Called with how many rows were compared since the last call."""


class Place(NamedTuple):
    """A table: its name here and at MentorHub, and the published columns by MentorHub's names.

    `told`: what MentorHub is asked for in place of these columns.
    """

    here: str
    there: str
    columns: list[str]
    told: list[sql.Composable]

    @classmethod
    def of(cls, table: str, names: Names, source: Connection) -> "Place":
        there = names.table(table)
        types = mentorhub.columns(source, names)[table]
        columns = [names.column(table, column) for column in types]
        legible = template(mentorhub.legible(source))
        told: list[sql.Composable] = [
            legible.format(column=sql.Identifier(column))
            if type_name == "text"
            else sql.Identifier(column)
            for column, type_name in zip(columns, types.values(), strict=True)
        ]
        return cls(table, there, columns, told)


class Witness(NamedTuple):
    """What a proof holds under: see sql/install/proof.sql."""

    there: str
    started: Any
    subscription: int | None
    edits: int


def prove(ours: Connection, source: Connection, names: Names, progress: Progress) -> int:
    """Compare the tables that are not proven, and write down that they are.

    Return how many rows differed.

    Raises ConfigurationError where replication brings nothing.
    """
    changed, proven = compare(ours, source, names, unproven(ours), progress)
    for table, witness in proven.items():
        store(ours, table, witness)
    return changed


def settle(
    ours: Connection, source: Connection, names: Names, progress: Progress
) -> tuple[datetime, dict[str, Witness]]:
    """Compare until every table is proven; return as of when, and under what.

    For before the schemas are there, which keep it.
    """
    proven = _known(ours)
    for _ in range(TRIES):
        as_of = mirror.wait_until_caught_up(ours, source)
        doubtful = [
            table
            for table in mirror.received(ours)
            if proven.get(table) != _witness(ours, source, names.table(table))
        ]
        if not doubtful:
            return as_of, proven
        proven |= compare(ours, source, names, doubtful, progress)[1]
    raise ConfigurationError(_UNSTEADY)


def retract(ours: Connection, there: dict[str, str]) -> str | None:
    """Forget the proofs that do not hold any more; return why there are such.

    `there`: MentorHub's witness.
    """
    return one(ours, "SELECT control.retract(%s)", [Jsonb(there)])


def unproven(ours: Connection) -> list[str]:
    """The tables to be compared."""
    proven = _known(ours)
    return [table for table in mirror.received(ours) if table not in proven]


def compare(
    ours: Connection,
    source: Connection,
    names: Names,
    tables: Iterable[str],
    progress: Progress,
) -> tuple[int, dict[str, Witness]]:
    """Make these tables equal; return how many rows differed, and what each is proven under."""
    tables, changed = list(tables), 0
    proven: dict[str, Witness] = {}
    mirror.make_way(ours, tables)
    for table in tables:
        place = Place.of(table, names, source)
        for _ in range(TRIES):
            before = _witness(ours, source, names.table(table))
            changed += _make_equal(ours, source, place, progress)
            mirror.wait_until_caught_up(ours, source)
            if _witness(ours, source, names.table(table)) == before:
                proven[table] = before
                break
        else:
            raise ConfigurationError(_UNSTEADY)
    return changed, proven


def store(ours: Connection, table: str, witness: Witness) -> None:
    """From now on the table is proven, as long as the witness says the same."""
    with ours.transaction():
        mirror.make_way(ours, [table], enable=False)
        run(ours, "mirror/prove", {"mirrored": table, **witness._asdict()})


def _known(ours: Connection) -> dict[str, Witness]:
    """What is written down; before the schemas are there, nothing."""
    if one(ours, "SELECT to_regclass('control.proof')") is None:
        return {}
    rows = ours.execute(
        "SELECT mirrored, there, started, subscription, edits FROM control.proof"
        " WHERE there IS NOT NULL"
    )
    return {table: Witness(*witness) for table, *witness in rows}


def _witness(ours: Connection, source: Connection, table: str) -> Witness:
    there, deadline = mentorhub.witness(source), time.monotonic() + PATIENCE
    while table not in there:
        if time.monotonic() > deadline:
            raise ConfigurationError(mentorhub.UNREAD)
        time.sleep(0.05)
        there = mentorhub.witness(source)
    return Witness(there[table], *run(ours, "mirror/here").fetchall()[0])


def _make_equal(ours: Connection, source: Connection, place: Place, progress: Progress) -> int:
    lower, size, changed, deadline = None, ROWS, 0, time.monotonic() + PATIENCE
    while True:
        try:
            part = _Range(place, lower, _range_end(ours, source, place, lower, size))
            rows, differed = part.make_equal(ours, source)
        except (errors.QueryCanceled, errors.LockNotAvailable):
            # too much for a second, or somebody's migration is waited for
            if time.monotonic() > deadline:
                raise
            size = max(size // 2, 1)
            time.sleep(0.2)
            continue
        except (errors.CharacterNotInRepertoire, errors.UntranslatableCharacter):
            # at last the range is the row that it was
            if size == 1:
                raise ConfigurationError(_no_utf8(source, place, lower)) from None
            size //= 2
            continue
        except errors.UniqueViolation as error:
            # a table in parts has no key that is id alone
            raise ConfigurationError(
                f"MentorHub's {place.there} has several rows of one id, and analytics tells rows "
                f"apart by it ({error.diag.message_detail})."
            ) from None
        changed += differed
        progress(rows)
        if part.upper is None:
            return changed
        lower, size, deadline = part.upper, min(2 * size, ROWS), time.monotonic() + PATIENCE


def _no_utf8(source: Connection, place: Place, lower: int | None) -> str:
    query = template("SELECT coalesce(min(id), 0) FROM public.{table} WHERE {bounds}").format(
        table=sql.Identifier(place.there), bounds=_bounds(lower, None)
    )
    return mentorhub.no_utf8(source, place.there, one(source, query), place.columns)


def _range_end(
    ours: Connection, source: Connection, place: Place, lower: int | None, size: int
) -> int | None:
    """Where a range ends that holds so many rows at most, here and there; None for the last one."""
    query = template(sqlfiles.read("mirror/range_end"))
    words = {"bounds": _bounds(lower, None), "rows": sql.Literal(size)}
    ends = (
        one(side, query.format(table=sql.Identifier(table), **words))
        for side, table in ((source, place.there), (ours, place.here))
    )
    return min((end for end in ends if end is not None), default=None)


def _bounds(lower: int | None, upper: int | None) -> sql.Composable:
    conditions: list[sql.Composable] = [sql.SQL("true")]
    if lower is not None:
        conditions.append(sql.SQL("id >= {}").format(sql.Literal(lower)))
    if upper is not None:
        conditions.append(sql.SQL("id < {}").format(sql.Literal(upper)))
    return sql.SQL(" AND ").join(conditions)


class _Range:
    """The rows of a table with ids from `lower` on and below `upper`; None is no bound."""

    def __init__(self, place: Place, lower: int | None, upper: int | None) -> None:
        self.upper = upper

        def each(prefix: str) -> sql.Composable:
            return sql.SQL(", ").join(
                sql.Identifier(*prefix.split(), name) for name in place.columns
            )

        self._words = {
            "table": sql.Identifier(place.here),
            "there": sql.Identifier(place.there),
            "bounds": _bounds(lower, upper),
            "names": each(""),
            "told": sql.SQL(", ").join(place.told),
            "theirs": each("theirs"),
            "ours": each("ours"),
        }

    def make_equal(self, ours: Connection, source: Connection) -> tuple[int, int]:
        """Return how many rows MentorHub has, and how many differed."""
        here = self._sum(ours)
        if here[0]:
            there = self._sum(source, table="there", names="told")
            if there == here:
                return here[0], 0
        with ours.transaction():
            ours.execute("SET LOCAL analytics.comparing = 'on'")
            # What replication has applied stands still, and is older than what is read now.
            ours.execute(self._query("LOCK TABLE public.{table} IN SHARE ROW EXCLUSIVE MODE"))
            rows = self._read(source)
            if self._sum(ours)[0] == 0:
                copied = self._write(ours, "public.{table}", rows)
                return copied, copied
            ours.execute(
                self._query(
                    "CREATE TEMP TABLE theirs (LIKE public.{table} INCLUDING DEFAULTS)"
                    " ON COMMIT DROP"
                )
            )
            copied = self._write(ours, "pg_temp.theirs", rows)
            return copied, one(ours, self._query(sqlfiles.read("mirror/make_equal")))

    def _sum(self, side: Connection, table: str = "table", names: str = "names") -> tuple[int, Any]:
        words = {"table": self._words[table], "names": self._words[names]}
        return side.execute(self._query(sqlfiles.read("mirror/sum"), **words)).fetchall()[0]

    def _read(self, source: Connection) -> list[bytes]:
        """Whole, before anything is written: MentorHub does not wait for our disk."""
        query = self._query("COPY (SELECT {told} FROM public.{there} WHERE {bounds}) TO STDOUT")
        with source.cursor().copy(query) as copied:
            return [bytes(part) for part in copied]

    def _write(self, ours: Connection, where: str, rows: list[bytes]) -> int:
        cursor = ours.cursor()
        with cursor.copy(self._query(f"COPY {where} ({{names}}) FROM STDIN")) as copy:
            for part in rows:
                copy.write(part)
        return cursor.rowcount

    def _query(self, text: str, **words: sql.Composable) -> sql.Composed:
        return template(text).format(**self._words | words)
