"""MentorHub's side: what must be there, and the one publication and one slot that we ask for.

MentorHub is never queried for a metric; this looks at its catalog only.
"""

import re
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any, NamedTuple

import psycopg
from psycopg import errors, sql

from shared import sqlfiles
from shared.database import (
    TRANSACTION_TIMEOUT_SINCE,
    Connection,
    connect,
    flags,
    one,
    run,
    where,
)
from shared.errors import ConfigurationError, ServerUnavailableError
from workers import mirrored
from workers.mirrored import published
from workers.names import AS_OURS, FILE, Names, read

Columns = dict[str, dict[str, str]]
"""Our table to our column to type name; enums and whatever else is kept as text are `text`."""

_WHOLE_NUMBERS = ("int2", "int4", "int8")
_KEPT_TYPES = (*_WHOLE_NUMBERS, "bool", "float4", "float8", "numeric", "date")
_KEPT_TIMES = ("timestamp", "timestamptz")

APPLICATION = "analytics"
"""As MentorHub's DBAs see us."""

LOCK_PATIENCE = 20
"""Seconds for somebody's lock on a table of MentorHub's to go."""

SLOT_PATIENCE = 60
"""Seconds for the transactions to end that are under way at MentorHub when a slot is made."""

ANSWER_PATIENCE = 10
"""Seconds for an answer of MentorHub's, which gives up after one: longer, it is frozen."""

UNREAD = (
    "Nobody reads MentorHub's changes: the analytics server's log says why; after a change of "
    "address or password start the guard with it, or run `analytics init`."
)

# Nobody at MentorHub waits for us longer than a second: not for a lock that we have, nor behind one
# that we wait for. Making a slot takes none, and waits for every transaction under way.
_BOUNDS = {
    "lock_timeout": "400ms",
    "statement_timeout": "1s",
    "idle_in_transaction_session_timeout": "1s",
    # a commit of ours waits for no standby of MentorHub's: no time-out ends that, and locks stay
    "synchronous_commit": "local",
}

_BY_HAND = "let the owner of MentorHub's tables run what `analytics init --print-source-sql` prints"


def reach(source_url: str, on_answer: Callable[[], object] | None = None) -> Connection:
    """A connection to MentorHub that is in nobody's way; raises as `connect`.

    Raises ConfigurationError for a standby, too.
    """
    source = connect(
        source_url,
        options=flags(_BOUNDS),
        application_name=APPLICATION,
        patience=ANSWER_PATIENCE,
        on_answer=on_answer,
    )
    if source.info.parameter_status("in_hot_standby") == "on":
        source.close()
        raise ConfigurationError(
            f"{where(source_url)} is a standby, where nothing can be published: name MentorHub's "
            "primary in SOURCE_DATABASE_URL; of several hosts, target_session_attrs=primary is it."
        )
    if source.info.server_version >= TRANSACTION_TIMEOUT_SINCE:
        source.execute("SET transaction_timeout = '1s'")
    return source


def witness(source: Connection) -> dict[str, str]:
    """What a proof of each published table depends on; empty while nobody reads the slot."""
    found: Any = one(source, sqlfiles.read("source/witness"))
    return found


def by_hand(names: Names = AS_OURS) -> str:
    """The SQL that a DBA runs at MentorHub where our role may not."""
    once, may_publish = sqlfiles.read("source/by_hand"), sqlfiles.read("source/may_publish")
    granting = _offered_in("source/grants", names)
    making = publication(names)
    return "\n".join((f"{once}{granting}", "BEGIN;", f"{making}COMMIT;", "", may_publish))


def names_of(folder: Path | None) -> Names:
    """What the folder of ANALYTICS_MAPPING says; raises ConfigurationError."""
    return read(folder, published())


def publication(names: Names = AS_OURS) -> str:
    """The SQL that makes the publication at a MentorHub with these names, of what it has."""
    return _offered_in("source/publication", names)


def asked(names: Names) -> dict[str, set[str]]:
    """The columns that we ask for, by MentorHub's own names; it may lack some."""
    return {
        names.table(table): {names.column(table, column) for column in columns}
        for table, columns in published().items()
    }


class Offered(NamedTuple):
    """A row of sql/source/offered.sql: a column that we ask for; `type` is None where it lacks."""

    table: str
    column: str
    quoted_table: str
    quoted: str
    place: int
    is_needed: bool
    type: str | None
    mend: str | None
    is_readable: bool


def columns(source: Connection, names: Names = AS_OURS) -> Columns:
    """Types of the columns that MentorHub has and lets us read, as the mirror takes them.

    Raises ConfigurationError naming the first table or column that we need and it doesn't have.
    """
    offered = {(each.table, each.column): each for each in _offered(source, names)}
    _check_tables(offered.values(), names)
    found: Columns = {}
    for table, listed in published().items():
        for name in listed:
            each = offered.get((names.table(table), names.column(table, name)))
            if each and each.is_needed:
                _check_column(each, table, name)
            if each and (each.is_needed or each.is_readable):
                kept = each.type in _KEPT_TYPES + _KEPT_TIMES
                found.setdefault(table, {})[name] = str(each.type) if kept else "text"
    return {table: types for table, types in found.items() if "id" in types}


def _offered(source: Connection, names: Names) -> list[Offered]:
    rows = source.execute(_offered_in("source/offered", names).encode()).fetchall()
    return sorted((Offered(*row) for row in rows), key=lambda each: (each.table, each.place))


def _offered_in(file: str, names: Names) -> str:
    """The file, which asks what MentorHub has of what we ask for."""
    text, query = sqlfiles.read(file), sqlfiles.read("source/offered")
    return text.replace("{offered}\n", query).replace("{asked}", _asked(names))


def _asked(names: Names) -> str:
    """A line for each table."""
    rows = (_asked_of(table, names) for table in mirrored.MIRRORED)
    return f",\n{' ' * 12}".join(row for row in rows if row)


def _asked_of(table: str, names: Names) -> str:
    listed = [
        (names.column(table, each.name), each)
        for each in mirrored.columns(table)
        if (table, each.name) not in names.left_out
    ]
    values = (
        names.table(table),
        [theirs for theirs, each in listed if each.is_needed],
        [theirs for theirs, each in listed if not each.is_needed],
        [theirs for theirs, each in listed if each.is_id],
    )
    return f"({', '.join(sql.Literal(value).as_string() for value in values)})" if listed else ""


def _check_tables(offered: Iterable[Offered], names: Names) -> None:
    there = {each.table for each in offered if each.type}
    needed = {each.table for each in offered if each.is_needed}
    for ours in mirrored.MIRRORED:
        table = names.table(ours)
        if table in needed - there:
            raise ConfigurationError(
                f"MentorHub's database has no table public.{table}: does SOURCE_DATABASE_URL name "
                f"the right database? {_says_so('it', 'table', ours)}"
            )


def _check_column(each: Offered, table: str, name: str) -> None:
    """Of a needed one, and our names of it; raises ConfigurationError with what mends it."""
    if each.type is None:
        raise ConfigurationError(
            f"MentorHub's table {each.table} has no column {each.column}, "
            f"which analytics needs. {_says_so('it', name, table)}"
        )
    if each.mend:
        raise ConfigurationError(
            f"MentorHub's {each.table}.{each.column} is a generated column, "
            "which replication leaves out (PostgreSQL 18 takes stored ones): run "
            f"`{each.mend}` there, or name another column in ANALYTICS_MAPPING."
        )
    if (name == "id" or name.endswith("_id")) and each.type not in _WHOLE_NUMBERS:
        raise ConfigurationError(
            f"MentorHub's {each.table}.{each.column} is of type {each.type}: "
            "analytics takes ids that are whole numbers, and no others."
        )


def _says_so(what: str, ours: str, table: str) -> str:
    """How another name at MentorHub is declared."""
    return (
        f'If {what} has another name now, write `{ours} = "NAME"` below [{table}] in the file '
        f"{FILE} of the folder ANALYTICS_MAPPING."
    )


def unread(source: Connection, names: Names = AS_OURS) -> list[str]:
    """Sentences about what MentorHub has, and analytics could use, and may not read."""
    offered = _offered(source, names)
    closed = [each for each in offered if each.type and not (each.is_needed or each.is_readable)]
    by_table: dict[str, list[str]] = {}
    for each in closed:
        by_table.setdefault(each.table, []).append(each.column)
    return [
        f"Of MentorHub's {table} we may not read {', '.join(names)}, which some metrics need: "
        f"run `{_grant(source, offered, table)}` there, and `analytics init` again."
        for table, names in by_table.items()
    ]


def _grant(source: Connection, offered: list[Offered], table: str) -> str:
    listed = [each for each in offered if each.table == table]
    names = ", ".join(each.quoted for each in listed)
    return f"GRANT SELECT ({names}) ON public.{listed[0].quoted_table} TO {_role(source)}"


def encoding(source: Connection) -> str:
    return source.info.parameter_status("server_encoding") or ""


def is_raw(source: Connection) -> bool:
    """Whether MentorHub's text may hold bytes that are no letters of UTF-8's.

    So it is in a database in SQL_ASCII, and in one like WIN1251, which has a byte of no meaning.
    """
    return encoding(source) == "SQL_ASCII" or bool(_meaningless(encoding(source)))


def legible(source: Connection) -> str:
    """What to ask for in place of a text column, so that it comes whatever is in it: {column}."""
    if encoding(source) == "SQL_ASCII":
        return sqlfiles.read("source/legible")
    told = "concat({column})"
    for byte in _meaningless(encoding(source)):
        # there U+FFFD can't be said; this is ASCII's SUBSTITUTE: one might be somebody's own
        told = f"replace({told}, chr({byte}), repeat(chr(26), 2) || '{byte:o}')"
    return f"CASE WHEN {{column}} IS NOT NULL THEN {told} END" if is_raw(source) else "{column}"


def _meaningless(encoding: str) -> list[int]:
    """Bytes that an encoding of PostgreSQL's with one byte a letter takes, and gives no meaning."""
    if not encoding.startswith(("WIN", "LATIN", "ISO_8859")):
        return []
    letters = bytes(range(128, 256)).decode(encoding.replace("WIN", "cp"), "replace")
    return [128 + place for place, letter in enumerate(letters) if letter == "\ufffd"]


def as_bytes(table: str, reason: str, ids: list[int], names: Names) -> str | None:
    """A sentence about rows set aside whose text came as bytes, with what to run at MentorHub.

    None for rows that are set aside for another reason.
    """
    ours, _, rest = reason.partition(" ")
    if rest != "is not in UTF-8":
        return None
    listed = ", ".join(map(str, ids))
    there, column = names.written(table, [ours])
    return (
        f"MentorHub's {there}.{column} is not in UTF-8, and taken as bytes (id {listed}): "
        f"{_in_ascii(there, column, listed)}"
    )


def no_utf8(source: Connection, there: str, row: int, columns: list[str]) -> str:
    """A sentence about a row with a text that its encoding has and UTF-8 hasn't."""
    for column in columns:
        name = sql.Identifier(column).as_string()
        try:
            source.execute(
                sql.SQL(
                    "SELECT convert_to(concat({}), 'UTF8') FROM public.{} WHERE id = {}"
                ).format(sql.Identifier(column), sql.Identifier(there), sql.Literal(row))
            )
        except errors.DataError:
            table = sql.Identifier(there).as_string()
            return (
                f"MentorHub's {there}.{column} is nothing that UTF-8 can say (id {row}): "
                f"{_in_ascii(table, name, str(row))}"
            )
    return f"MentorHub's {there} had a text that UTF-8 can't say (id {row}): try again."


def _in_ascii(table: str, column: str, ids: str) -> str:
    mend = sqlfiles.read("source/ascii").rstrip().format(table=table, column=column, ids=ids)
    return f"run `{mend}` there, or give it the text that is meant."


def check(source: Connection, names: Names = AS_OURS) -> Columns:
    """Raise ConfigurationError with what mends the first thing in the way.

    Returns what MentorHub has.
    """
    _check_wal_level(source)
    if waits_for_readers(source):
        raise ConfigurationError(
            "MentorHub's commits wait for whoever reads its WAL, analytics too: "
            "name its standbys in its setting synchronous_standby_names, in place of *."
        )
    found = columns(source, names)  # a role can't be asked about what is not there
    _check_role(source, names, found)
    _check_kinds(source, names, found)
    return found


def still_offers(source: Connection, found: Columns, names: Names = AS_OURS) -> bool:
    """Whether the publication and the slot are what we once asked for: else changes are lost."""
    slot = source.execute(
        "SELECT wal_status FROM pg_replication_slots"
        " WHERE slot_name = 'mentorhub_analytics' AND database = current_database()"
    ).fetchone()
    return _is_published(source, found, names) and slot is not None and slot[0] != "lost"


def waits_for_readers(source: Connection) -> bool:
    """Whether our reader is, or may be, taken for a standby that MentorHub's commits wait for."""
    names = str(one(source, "SELECT current_setting('synchronous_standby_names')"))
    return "*" in re.split(r"[\s,()\"]+", names)


def end_reader(source: Connection) -> None:
    """Nobody reads the slot from now on; whoever waited for that waits no longer."""
    run(source, "source/end_reader")


def is_read(source: Connection) -> bool:
    """Whether somebody fetches the changes that the slot keeps."""
    return bool(
        one(
            source,
            "SELECT bool_or(active) FROM pg_replication_slots"
            " WHERE slot_name = 'mentorhub_analytics'",
        )
    )


def publish(source: Connection, names: Names = AS_OURS) -> None:
    """Make the publication where it is missing or different; raises ConfigurationError."""
    if _is_published(source, columns(source, names), names):
        return
    deadline = time.monotonic() + LOCK_PATIENCE
    try:
        while not _publish(source, names):
            if time.monotonic() > deadline:
                raise ConfigurationError(
                    f"Somebody has locked one of MentorHub's tables for more than {LOCK_PATIENCE} "
                    "s: they can be published when that ends."
                )
            time.sleep(0.2)
    except errors.InsufficientPrivilege as error:
        raise ConfigurationError(
            f"The role {_role(source)} may not publish MentorHub's tables "
            f"({error.diag.message_primary}): {_BY_HAND}."
        ) from None
    except (psycopg.ProgrammingError, psycopg.DataError, psycopg.NotSupportedError) as error:
        raise ConfigurationError(
            f"MentorHub's server does not publish its tables: {error.diag.message_primary}."
        ) from None


def _publish(source: Connection, names: Names) -> bool:
    """False where somebody's lock is in the way: who waits for it makes others wait."""
    try:
        # One transaction: whoever reads the slot must never come to a place without publication.
        source.execute(publication(names).encode())
    except (errors.LockNotAvailable, errors.QueryCanceled):
        return False
    return True


def make_slot(source: Connection, source_url: str) -> None:
    """Make the slot anew; it keeps what is committed from then on.

    Raises ConfigurationError where another analytics system uses it, or MentorHub is too busy.
    """
    drop_slot(source)
    with _sender(source, source_url) as walsender, _named_when_full(source):
        # It waits for every transaction under way. The command of the replication protocol does so
        # without a transaction of its own, the function would hold one.
        giving_up = Timer(SLOT_PATIENCE, walsender.cancel)
        giving_up.start()
        try:
            walsender.execute(
                "CREATE_REPLICATION_SLOT mentorhub_analytics LOGICAL pgoutput (SNAPSHOT 'nothing')"
            )
        except errors.QueryCanceled:
            raise ConfigurationError(
                f"A transaction has been open at MentorHub's server for {SLOT_PATIENCE} s: "
                f"replication can begin when it has ended. {_which(source)}"
            ) from None
        finally:
            giving_up.cancel()


def _sender(source: Connection, source_url: str) -> Connection:
    """A connection that understands the replication protocol; raises as `connect`."""
    try:
        return connect(source_url, replication="database")
    except ServerUnavailableError:
        taken, most = run(source, "source/senders").fetchall()[0]
        if taken < most:
            raise
        raise ConfigurationError(
            "MentorHub's server has no WAL sender left: run "
            f"`ALTER SYSTEM SET max_wal_senders = {most + 10}` there and restart it."
        ) from None


def _which(source: Connection) -> str:
    """Where the oldest transaction is found: no session has one that was prepared."""
    prepared = run(source, "source/prepared").fetchone()
    if not prepared:
        return "pg_stat_activity.xact_start tells which."
    rollback, database = prepared
    return (
        f"It was prepared, and is nobody's any more: run `{rollback}` in the database {database}, "
        "or COMMIT PREPARED."
    )


@contextmanager
def _named_when_full(source: Connection) -> Generator[None]:
    try:
        yield
    except errors.ConfigurationLimitExceeded:
        raise ConfigurationError(
            "MentorHub's server has no replication slot left: run "
            "`ALTER SYSTEM SET max_replication_slots = "
            f"{one(source, 'SELECT 10 + current_setting($$max_replication_slots$$)::integer')}` "
            "there and restart it."
        ) from None


def drop_slot(source: Connection, *, ours: bool = True) -> None:
    """Let go of the WAL that our slot holds.

    Raises ConfigurationError for one that is in use, or is not `ours`.
    """
    slot = source.execute(
        "SELECT active, database = current_database() FROM pg_replication_slots"
        " WHERE slot_name = 'mentorhub_analytics'"
    ).fetchone()
    if slot == (False, True) and ours:
        source.execute("SELECT pg_drop_replication_slot('mentorhub_analytics')")
    elif slot:
        raise ConfigurationError(
            "The replication slot mentorhub_analytics is another analytics system's: give this one "
            "a MentorHub server of its own, or end that one and run "
            "`SELECT pg_drop_replication_slot('mentorhub_analytics')` at MentorHub."
        )


def estimated_rows(source: Connection, names: Names = AS_OURS) -> dict[str, int]:
    """The planner's row counts by MentorHub's table, for a progress bar; 0 where it has none."""
    return dict(
        source.execute(
            "SELECT relname, greatest(reltuples, 0)::bigint FROM pg_class"
            " WHERE relnamespace = to_regnamespace('public') AND relname = ANY(%s)",
            [list(asked(names))],
        ).fetchall()
    )


def timeline(source: Connection) -> str:
    """Which history of MentorHub's database its WAL belongs to."""
    return str(one(source, "SELECT left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)"))


def is_at(source: Connection, position: str) -> bool:
    """Whether MentorHub's WAL is as far as this position, or behind it."""
    return bool(one(source, "SELECT pg_current_wal_insert_lsn() >= %s::pg_lsn", [position]))


def _check_wal_level(source: Connection) -> None:
    level = one(source, "SELECT current_setting('wal_level')")
    if level != "logical":
        raise ConfigurationError(
            f"MentorHub's server has wal_level={level}: run "
            "`ALTER SYSTEM SET wal_level = logical` there and restart it."
        )


def _check_role(source: Connection, names: Names, found: Columns) -> None:
    role = _role(source)
    if not one(
        source, "SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user"
    ):
        raise ConfigurationError(
            f"The role {role} may not replicate: run `ALTER ROLE {role} REPLICATION` at MentorHub."
        )
    if not one(source, "SELECT has_schema_privilege('public', 'USAGE')"):
        raise ConfigurationError(
            f"The role {role} may not look into MentorHub's schema public: run "
            f"`GRANT USAGE ON SCHEMA public TO {role}` at MentorHub."
        )
    offered = _offered(source, names)
    for each in offered:
        if each.is_needed and not each.is_readable:
            raise ConfigurationError(
                f"The role {role} may not read {each.table}.{each.column}: "
                f"run `{_grant(source, offered, each.table)}` at MentorHub."
            )
    for table in map(names.table, found):
        if one(source, "SELECT row_security_active(quote_ident(%s)::regclass)", [table]):
            raise ConfigurationError(
                f"Row security hides rows of {table} from the role {role}: "
                f"run `ALTER ROLE {role} BYPASSRLS` at MentorHub."
            )


class _Table(NamedTuple):
    """A row of sql/source/obstacles.sql."""

    published: str
    is_part: bool
    written: str
    by_default: bool
    has_key: bool
    identity: list[str]
    is_logged: bool
    heirs: str | None


def _check_kinds(source: Connection, names: Names, found: Columns) -> None:
    """Some tables, published, would refuse MentorHub's own updates, or keep rows back."""
    offered = {
        names.table(table): {names.column(table, column) for column in columns}
        for table, columns in found.items()
    }
    for row in run(source, "source/obstacles", {"tables": list(offered)}).fetchall():
        table = _Table(*row)
        obstacle = _obstacle(table, offered[table.published])
        if obstacle:
            name = table.written if table.is_part else table.published
            raise ConfigurationError(f"MentorHub's table {name} {obstacle}")


def _obstacle(table: _Table, offered: set[str]) -> str | None:
    """That of a table in parts may be told apart by more than id: by what it is parted by."""
    if table.heirs:
        return (
            f"is inherited by {table.heirs}, whose rows replication does not bring as its own: "
            "make them parts of it (PARTITION OF), or one table."
        )
    if not table.is_logged:
        return (
            "is unlogged, so that nobody can follow it: "
            f"run `ALTER TABLE {table.written} SET LOGGED` there."
        )
    if "id" not in table.identity or not offered.issuperset(table.identity):
        return f"does not tell its rows apart by id alone: run `{_identify(table)}` there."
    return None


def _identify(table: _Table) -> str:
    """What lets `id` tell the rows apart."""
    if not table.by_default:
        return f"ALTER TABLE {table.written} REPLICA IDENTITY DEFAULT"
    if not table.has_key:
        return f"ALTER TABLE {table.written} ADD PRIMARY KEY (id)"
    return (
        f"CREATE UNIQUE INDEX by_id_at_once ON {table.written} (id); "
        f"ALTER TABLE {table.written} REPLICA IDENTITY USING INDEX by_id_at_once"
    )


def _is_published(source: Connection, found: Columns, names: Names) -> bool:
    """Whether all that is found is published, and nothing that the mirror has no column for.

    What MentorHub's DBAs published since the mirror was set up is received, and not used.
    """
    rows = run(source, "source/published").fetchall()
    listed = {table: set(columns) for table, columns in rows}
    most = asked(names)
    return all(
        {names.column(table, column) for column in columns} <= listed.get(names.table(table), set())
        for table, columns in found.items()
    ) and all(columns <= most.get(table, set()) for table, columns in listed.items())


def _role(source: Connection) -> object:
    """As it is written in SQL."""
    return one(source, "SELECT quote_ident(current_user)")
