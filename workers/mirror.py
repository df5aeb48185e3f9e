"""Our side: narrow copies of MentorHub's tables, filled by PostgreSQL's logical replication."""

import hashlib
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from psycopg import errors, sql

from shared import sqlfiles
from shared.database import Connection, inherit, one, run, template
from shared.errors import ConfigurationError
from workers import fold, mentorhub
from workers.address import address, check_address, run_addressed
from workers.mentorhub import Columns
from workers.mirrored import MIRRORED, creation, published
from workers.names import AS_OURS, Names

PATIENCE = 60
"""Seconds without any progress after which waiting for replication is given up."""

TRIES = 5
"""So often tables are dropped beside those who read them."""

_SUBSCRIBERS_SINCE = _PARALLEL_SINCE = 160000

_LOCK = "hashtext('mentorhub_analytics replication')"

# stopped, whoever has the turn must not keep it: PostgreSQL ends its session, and others go on
BOUNDS = {**fold.BOUNDS, "idle_session_timeout": "180s"}
"""Of a session that makes or mends replication; longer than it waits for MentorHub."""

DERIVED = (
    *("capture", "source", "change", "truth", "delta", "vanished"),
    *("correction", "pending", "drift", "analytics", "control"),
)
"""Schemas that an upgrade makes anew."""

SCHEMAS = (*DERIVED, "link")

BEFORE = "before_"
"""What stands before the name of a schema that was put aside (workers/before.py)."""


BROKEN_OFF = (
    "Replication broke off, as it does where a row is written whose text is not in UTF-8: "
    "MentorHub's database is in {}."
)


REFUSED = "Changes can't be applied: the analytics server's log says why."


class Subscription(NamedTuple):
    """`applied`: so many bytes of MentorHub's WAL; None before it has heard from MentorHub."""

    enabled: bool
    is_at_work: bool
    applied: int | None
    errors: int
    is_as_made: bool


def prepare(ours: Connection, source: Connection, source_url: str, names: Names = AS_OURS) -> None:
    """Mirror tables, publication, slot and subscription, made where they are missing.

    What the mirror lacks then is found by a comparison, which is begun also where MentorHub has got
    an optional column. One that no longer fits MentorHub's columns is made anew, and empty. Raises
    ConfigurationError with the command that mends what is in the way.
    """
    hold_replication(ours)
    _refuse_strangers(ours, names)
    check(ours)
    inherit(ours)
    columns = mentorhub.check(source, names)
    check_address(ours, address(source_url))
    fits, there = _fits(ours, columns, names), subscription(ours)
    has_all = fits and missing(ours) == _lacking(columns)
    if has_all and there and not loss(ours, source, columns, names):
        _reconnect(ours, source_url)
    elif fits:
        begin_anew(ours, source, source_url, names)
    else:
        _make_anew(ours, source, source_url, names)


def hold_replication(ours: Connection, *, wait: bool = True) -> bool:
    """One at a time makes or mends replication, for as long as its session lasts.

    Raises ConfigurationError where that takes too long.
    """
    verb = "pg_advisory_lock" if wait else "pg_try_advisory_lock"
    try:
        return one(ours, f"SELECT {verb}({_LOCK})") is not False
    except errors.LockNotAvailable:
        raise ConfigurationError(
            "The guard or another `analytics init` is still setting up or repairing replication: "
            "try again when it is done; `analytics status` says who keeps others waiting."
        ) from None


def release_replication(ours: Connection) -> None:
    """Let others make or mend it, before the session ends."""
    ours.execute(f"SELECT pg_advisory_unlock({_LOCK})".encode())


def subscription(ours: Connection) -> Subscription | None:
    """What has become of ours; None where there is none."""
    row = run(ours, "mirror/subscription").fetchone()
    return Subscription(*row) if row else None


def loss(
    ours: Connection, source: Connection, columns: Columns, names: Names = AS_OURS
) -> str | None:
    """Why changes do not arrive any more, or not all of them; None as long as they do.

    `columns`: what MentorHub has.
    """
    there = subscription(ours)
    if not (there and there.is_as_made):
        how = "was altered, and may bring not all changes" if there else "is gone"
        return f"The subscription {how}."
    is_less = bool(_lacking(columns) - missing(ours))
    if is_less or not mentorhub.still_offers(source, columns, names):
        return "MentorHub keeps no changes for us any more, or not all of them."
    row = _is_known(ours) and ours.execute("SELECT timeline, reached::text FROM control.source")
    timeline, reached = (row and row.fetchone()) or (None, None)
    if timeline and timeline != mentorhub.timeline(source):
        return "MentorHub's database has another history: it was restored, or failed over."
    if reached and not mentorhub.is_at(source, reached):
        return "MentorHub's database was restored from before changes that have arrived."
    if there.errors and mentorhub.is_raw(source):
        return BROKEN_OFF.format(mentorhub.encoding(source))
    return None


def begin_anew(
    ours: Connection, source: Connection, source_url: str, names: Names = AS_OURS
) -> None:
    """Follow MentorHub from now on; what was missed is found by a comparison.

    Answers are served throughout. Interrupted, it is simply begun again. Raises ConfigurationError.
    """
    columns = mentorhub.check(source, names)
    if not _fits(ours, columns, names):
        raise ConfigurationError(
            "MentorHub's tables, or our version, have changed since the mirror was made: "
            "run `analytics init`."
        )
    if subscription(ours):
        unsubscribe(ours)
    mentorhub.publish(source, names)
    mentorhub.make_slot(source, source_url)
    with ours.transaction():
        _leave_out(ours, columns, names)
    make_way(ours, received(ours))
    _subscribe_or_drop_slot(ours, source, source_url)
    if _is_known(ours):
        remember_source(ours, described(source, source_url))


def subscribe_again(ours: Connection, source_url: str) -> None:
    """Let another subscription read the same slot.

    What the old one had applied and not yet confirmed comes again. For a worker that the server
    doesn't start: after a clock was set back, the launcher waits until it is as late as before.
    """
    make_way(ours, received(ours))
    with ours.transaction():
        _let_go(ours)
        _subscribe(ours, address(source_url))


def make_way(ours: Connection, tables: Iterable[str], *, enable: bool = True) -> None:
    """Let what replication brings replace a row that is there, and has the same id."""
    verb = sql.SQL("ENABLE ALWAYS" if enable else "DISABLE")
    for table in tables:
        ours.execute(
            sql.SQL("ALTER TABLE public.{} {} TRIGGER make_way").format(sql.Identifier(table), verb)
        )


def enable(ours: Connection) -> None:
    """Let a subscription go on that somebody disabled."""
    ours.execute("ALTER SUBSCRIPTION mentorhub_analytics ENABLE")


def disable(ours: Connection) -> None:
    """Let a subscription rest; MentorHub keeps the changes meanwhile."""
    ours.execute("ALTER SUBSCRIPTION mentorhub_analytics DISABLE")


def _make_anew(ours: Connection, source: Connection, source_url: str, names: Names) -> None:
    if subscription(ours):
        mentorhub.publish(source, names)
        unsubscribe(ours)
    else:
        # A start of ours that was interrupted may have left a slot, after it had made our tables.
        # Where there are none, it is of another system, which may be away for a moment only.
        mentorhub.drop_slot(source, ours=_tables_exist(ours))
        mentorhub.publish(source, names)
    columns = mentorhub.columns(source, names)

    def make() -> None:
        with ours.transaction():
            _make_tables(ours)
            _adapt_types(ours, columns)
            _adapt_names(ours, names)
            _leave_out(ours, columns, names)
            _mark(ours, _layout(names))

    _beside_readers(make)
    mentorhub.make_slot(source, source_url)
    make_way(ours, received(ours))
    _subscribe_or_drop_slot(ours, source, source_url)


def _beside_readers(make: Callable[[], object]) -> None:
    """Do what drops and makes tables, again where PostgreSQL ended it to end a deadlock.

    Answers and folds read on meanwhile, in an order of their own. Raises ConfigurationError.
    """
    for _ in range(TRIES):
        try:
            make()
        except errors.DeadlockDetected:
            continue
        return
    raise ConfigurationError(
        "Answers and workers have been in the way again and again: stop them for the time of "
        "`analytics init`."
    )


def wait_until_caught_up(ours: Connection, source: Connection) -> datetime:
    """Return once everything that MentorHub committed before the call has arrived.

    The result is MentorHub's clock at the call. Raises ConfigurationError when it takes too long.
    """
    as_of, target, _ = run(source, "source/position").fetchall()[0]
    # what MentorHub can't send, another try doesn't send either; one error may be a restart
    bearable = 0 if mentorhub.is_raw(source) else _errors(ours) + 1
    farthest, deadline = 0, time.monotonic() + PATIENCE
    while True:
        arrived, received = _arrived(ours, target)
        if arrived:
            return as_of
        # a change that can't be applied is received again and again
        if received > farthest:
            farthest, deadline = received, time.monotonic() + PATIENCE
        elif _errors(ours) > bearable:
            broken_off = BROKEN_OFF.format(mentorhub.encoding(source))
            why = broken_off if mentorhub.is_raw(source) else REFUSED
            raise ConfigurationError(f"{why} The guard, or `analytics init`, begins anew.")
        elif time.monotonic() > deadline:
            raise ConfigurationError(
                f"Replication has not moved for {PATIENCE} s: the analytics server's log says why."
            )
        time.sleep(0.05)


def _errors(ours: Connection) -> int:
    there = subscription(ours)
    return there.errors if there else 0


def unsubscribe(ours: Connection) -> None:
    """End replication; the mirror stays as it is."""
    try:
        ours.execute("DROP SUBSCRIPTION mentorhub_analytics")  # and its slot at MentorHub
    except errors.OperationalError:  # that server is away, or has no such slot any more
        with ours.transaction():
            _let_go(ours)


def _let_go(ours: Connection) -> None:
    """End replication; the slot stays as it is."""
    disable(ours)
    ours.execute("ALTER SUBSCRIPTION mentorhub_analytics SET (slot_name = NONE)")
    ours.execute("DROP SUBSCRIPTION mentorhub_analytics")


def _tables_exist(ours: Connection) -> bool:
    return bool(one(ours, "SELECT to_regclass('public.users') IS NOT NULL"))


def _refuse_strangers(ours: Connection, names: Names) -> None:
    """Raise ConfigurationError where something of somebody else's has a name of ours.

    Never drop that. Our tables say what they are; our schemas come after them.
    """
    stranger = run(
        ours,
        "mirror/strangers",
        {
            "tables": [*MIRRORED, *names.tables.values()],
            "schemas": [*SCHEMAS, *(BEFORE + schema for schema in DERIVED)],
        },
    ).fetchone()
    if stranger:
        raise ConfigurationError(
            f"ANALYTICS_DATABASE_URL names a database with a {stranger[0]} that is not ours: "
            "give analytics an empty database of its own."
        )


def check(ours: Connection) -> None:
    """Raise ConfigurationError with what mends the first thing in the way of a mirror."""
    _check_role(ours)
    _check_encoding(ours)


def _check_encoding(ours: Connection) -> None:
    encoding = ours.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise ConfigurationError(
            f"ANALYTICS_DATABASE_URL names a database in {encoding}, which can't hold every "
            "title: make one with `CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8'`."
        )


def _check_role(ours: Connection) -> None:
    ((role, database, owns, makes_roles, is_superuser, has_dblink),) = run(ours, "mirror/role")
    if has_dblink is None:
        raise ConfigurationError(
            "The analytics server lacks the extension dblink: install PostgreSQL's contrib package."
        )
    if not owns:
        problem, mend = "change its database", f"ALTER DATABASE {database} OWNER TO {role}"
    elif not makes_roles:
        problem, mend = "create roles", f"ALTER ROLE {role} CREATEROLE"
    elif not has_dblink:
        problem, mend = f"create extensions in {database}", "CREATE EXTENSION dblink"
    elif is_superuser or _may_subscribe(ours):
        return
    elif ours.info.server_version < _SUBSCRIBERS_SINCE:
        problem, mend = "subscribe", f"ALTER ROLE {role} SUPERUSER"
    else:
        problem, mend = "subscribe", f"GRANT pg_create_subscription TO {role}"
    raise ConfigurationError(
        f"The role {role} of ANALYTICS_DATABASE_URL may not {problem}: "
        f"run `{mend}` in the analytics server."
    )


def _may_subscribe(ours: Connection) -> bool:
    query = (
        "SELECT bool_or(pg_has_role(oid, 'USAGE')) FROM pg_roles"
        " WHERE rolname = 'pg_create_subscription'"
    )
    return bool(one(ours, query))


def _make_tables(ours: Connection) -> None:
    """Drop the mirror with everything derived from it, and make it empty."""
    roots = run(ours, "mirror/roots", {"tables": list(MIRRORED)})
    for table in (*(name for (name,) in roots.fetchall()), *MIRRORED):
        ours.execute(
            sql.SQL("DROP TABLE IF EXISTS public.{} CASCADE").format(sql.Identifier(table))
        )
    ours.execute("DROP SCHEMA IF EXISTS control CASCADE")
    ours.execute(creation().encode())


def _adapt_types(ours: Connection, needed: Columns) -> None:
    """Take over what the columns are at this MentorHub: created_at may be epoch seconds.

    Where it may make a column wider, it is wide from the start, so that no value ends replication.
    """
    altering = sql.SQL("ALTER COLUMN {} TYPE {} USING NULL")
    for table, types in needed.items():
        altered = (
            altering.format(sql.Identifier(column), sql.Identifier(_wide(type_name)))
            for column, type_name in types.items()
        )
        ours.execute(
            sql.SQL("ALTER TABLE public.{} {}").format(
                sql.Identifier(table), sql.SQL(", ").join(altered)
            )
        )


def _wide(type_name: str) -> str:
    return {"int2": "int8", "int4": "int8", "float4": "float8"}.get(type_name, type_name)


def _adapt_names(ours: Connection, names: Names) -> None:
    """Receive under MentorHub's names what we call otherwise: replication goes by name.

    A column of ours becomes a copy of the one received; a table of ours the only partition of one
    that has MentorHub's name, which passes on whatever is written into it.
    """
    types = _types(ours)
    for (table, column), theirs in names.columns.items():
        ours.execute(
            template(sqlfiles.read("mirror/column")).format(
                table=sql.Identifier(table),
                ours=sql.Identifier(column),
                theirs=sql.Identifier(theirs),
                type=sql.Identifier(types[table, column]),
            )
        )
    for table, theirs in names.tables.items():
        ours.execute(
            template(sqlfiles.read("mirror/root")).format(
                ours=sql.Identifier(table),
                theirs=sql.Identifier(theirs),
                comment=sql.Literal(
                    f"Mirror of MentorHub's table {theirs}: it is kept in {table}."
                ),
            )
        )


def _leave_out(ours: Connection, columns: Columns, names: Names) -> None:
    """Write down which columns MentorHub lacks, inside the caller's transaction.

    Those of them that were received until now are NULL from here on, and their tables empty.
    """
    ours.execute("SET LOCAL analytics.comparing = 'on'")
    gone = _lacking(columns) - missing(ours)
    for table, column in gone:
        words = {
            "table": sql.Identifier(table),
            "column": sql.Identifier(names.column(table, column)),
        }
        if column == "id":
            ours.execute(sql.SQL("DELETE FROM public.{table}").format(**words))
        elif (table, "id") not in gone:
            query = "UPDATE public.{table} SET {column} = NULL WHERE {column} IS NOT NULL"
            ours.execute(sql.SQL(query).format(**words))
    ours.execute("DELETE FROM public.missing_column")
    for table, column in sorted(_lacking(columns)):
        ours.execute(
            "INSERT INTO public.missing_column (mirrored, name, theirs) VALUES (%s, %s, %s)",
            [table, column, names.column(table, column)],
        )


def missing(ours: Connection) -> set[tuple[str, str]]:
    """Tables and columns of the mirror that MentorHub lacked when it was last looked for them."""
    if one(ours, "SELECT to_regclass('public.missing_column')") is None:
        return set()
    return set(ours.execute("SELECT mirrored, name FROM public.missing_column").fetchall())


def received(ours: Connection) -> list[str]:
    """The tables of the mirror that MentorHub has."""
    gone = missing(ours)
    return [table for table in MIRRORED if (table, "id") not in gone]


def _lacking(columns: Columns) -> set[tuple[str, str]]:
    """What the mirror has, and MentorHub has not."""
    return {
        (table, name)
        for table, listed in published().items()
        for name in listed
        if name not in columns.get(table, {})
    }


def _fits(ours: Connection, columns: Columns, names: Names) -> bool:
    """Whether the mirror that is there can take these columns."""
    types = _types(ours)
    return one(ours, sqlfiles.read("mirror/layout")) == _layout(names) and all(
        types[table, names.column(table, column)] == _wide(type_name)
        for table, listed in columns.items()
        for column, type_name in listed.items()
    )


def _types(ours: Connection) -> dict[tuple[str, str], str]:
    rows = run(ours, "mirror/types")
    return {(table, column): type_name for table, column, type_name in rows}


def _layout(names: Names) -> str:
    """What a mirror was made for: another one asks for another mirror."""
    renamed = [sorted(names.tables.items()), sorted(names.columns.items())]
    made_of = f"{creation()}\0{renamed}"
    return hashlib.sha256(made_of.encode()).hexdigest()


def _mark(ours: Connection, layout: str) -> None:
    """Write down where it outlives the subscription what the mirror was made for."""
    comment = f"Mirror of MentorHub's users. Layout {layout}."
    ours.execute(sql.SQL("COMMENT ON TABLE public.users IS {}").format(sql.Literal(comment)))


def _is_known(ours: Connection) -> bool:
    """Whether there are schemas of ours above the mirror."""
    return bool(one(ours, "SELECT to_regclass('control.source') IS NOT NULL"))


def _subscribe_or_drop_slot(ours: Connection, source: Connection, source_url: str) -> None:
    try:
        _subscribe(ours, address(source_url))
    except ConfigurationError:
        mentorhub.drop_slot(source)  # unread, it would hold back MentorHub's WAL
        raise


def _subscribe(ours: Connection, conninfo: str) -> None:
    # The slot is there already: in one server, making it here would wait for itself.
    run_addressed(
        ours,
        "CREATE SUBSCRIPTION mentorhub_analytics CONNECTION %L PUBLICATION mentorhub_analytics"
        f" WITH (create_slot = false, copy_data = false, streaming = {_streaming(ours)})",
        conninfo,
    )


def _streaming(ours: Connection) -> str:
    """Large transactions are applied while MentorHub makes them, beside the commits of others.

    A server older than 16 only receives them meanwhile.
    """
    return "parallel" if ours.info.server_version >= _PARALLEL_SINCE else "on"


def is_elsewhere(ours: Connection, source_url: str) -> bool:
    """Whether MentorHub's address, role or password is another than replication's."""
    return one(ours, "SELECT conninfo FROM control.source") != address(source_url)


def follow(ours: Connection, source: Connection, source_url: str) -> None:
    """Fetch changes, and ask, by this address from now on.

    Raises ConfigurationError where it leads our server nowhere.
    """
    check_address(ours, address(source_url))
    _reconnect(ours, source_url)
    remember_source(ours, described(source, source_url))


def _reconnect(ours: Connection, source_url: str) -> None:
    """MentorHub's address or password may be another than at the last start.

    Not where it is the same: changes might have been lost while nobody was connected.
    """
    if not _is_known(ours) or is_elsewhere(ours, source_url):
        with ours.transaction():
            disable(ours)
            run_addressed(
                ours,
                "ALTER SUBSCRIPTION mentorhub_analytics CONNECTION %L",
                address(source_url),
            )
            ours.execute(
                sql.SQL("ALTER SUBSCRIPTION mentorhub_analytics SET (streaming = {})").format(
                    sql.Literal(_streaming(ours))
                )
            )
    enable(ours)


def _arrived(ours: Connection, position: str) -> tuple[bool, int]:
    """Whether all up to `position` is applied, and up to which byte something was received."""
    return run(ours, "mirror/arrived", {"position": position}).fetchall()[0]


def described(source: Connection, source_url: str) -> list[str]:
    """Where replication comes from, as control.source has it."""
    return [
        address(source_url),
        mentorhub.timeline(source),
        sqlfiles.read("source/witness"),
        mentorhub.legible(source).replace("{column}", "%1$I"),
    ]


def remember_source(ours: Connection, described: list[str]) -> None:
    """Keep MentorHub's address where control.replicated_until() looks for it."""
    run(ours, "mirror/discreet")
    with ours.transaction():
        ours.execute("DELETE FROM control.source")
        ours.execute(
            "INSERT INTO control.source (conninfo, timeline, witness, legible)"
            " VALUES (%s, %s, %s, %s)",
            described,
        )
        # a position in another history says nothing in this one
        ours.execute(
            "UPDATE control.question"
            " SET asked_at = NULL, clock = NULL, there = NULL, upto = NULL, confirmed = NULL"
        )
