"""What an upgrade replaces: put aside while it is made anew, dropped when nobody reads it any more.

Whoever reads has looked names up already, or looks them up as of the last commit; to give a schema
another name waits for no reader, and lets none wait, as dropping it would.
"""

import time

from psycopg import errors, sql

from shared import sqlfiles
from shared.database import Connection, one, run, template
from workers.mirror import BEFORE, DERIVED

_EARLIER = ("slice", "folded", "derived")
"""Schemas of earlier versions."""

PATIENCE = 10
"""Seconds that are waited for who reads what was put aside: longer than an answer may take."""


def put_aside(ours: Connection) -> None:
    """Give the schemas other names, inside the caller's transaction.

    Nothing captures changes then, and nobody compares or folds: who is at it comes first, as its
    snapshot would find the new tables empty.
    """
    for schema in _there(ours, [*DERIVED, *_EARLIER]):
        ours.execute(
            sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(
                sql.Identifier(schema), sql.Identifier(BEFORE + schema)
            )
        )
    # sql/install/mirrored.sql: whoever compares or folds has locked it
    ours.execute(f"DROP VIEW IF EXISTS {BEFORE}control.mirror CASCADE".encode())
    for table, trigger in _triggers(ours):
        ours.execute(_on(table, trigger, "ALTER TABLE public.{} DISABLE TRIGGER {}"))


def drop(ours: Connection) -> bool:
    """Drop what was put aside, if anything was; False where somebody goes on reading it."""
    there = _put_aside(ours)
    if not there:
        return True
    _wait_for_readers(ours)
    return _drop(ours, there)


def drop_unread(ours: Connection) -> None:
    """Drop what was put aside where nobody holds on to it: asked often, it waits for nobody."""
    there = _put_aside(ours)
    if there and not one(ours, sqlfiles.read("mirror/held"), [there]):
        _drop(ours, there)


def _put_aside(ours: Connection) -> list[str]:
    return _there(ours, [BEFORE + schema for schema in (*DERIVED, *_EARLIER)])


def _drop(ours: Connection, there: list[str]) -> bool:
    try:
        with ours.transaction():
            # an autovacuum makes way after a second; whoever reads is not waited for
            ours.execute("SET LOCAL lock_timeout = '1500ms'")
            for table, trigger in _triggers(ours):
                ours.execute(_on(table, trigger, "DROP TRIGGER {1} ON public.{0}"))
            schemas = sql.SQL(", ").join(map(sql.Identifier, there))
            ours.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(schemas))
    except errors.LockNotAvailable:
        return False
    return True


def _wait_for_readers(ours: Connection) -> None:
    """Until every transaction that is open now has ended, or for as long as an answer may take."""
    query = sqlfiles.read("mirror/transactions")
    open_now = one(ours, query)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if not {*open_now} & {*one(ours, query)}:
            return
        time.sleep(0.02)


def _there(ours: Connection, schemas: list[str]) -> list[str]:
    rows = ours.execute(
        "SELECT nspname::text FROM pg_namespace WHERE nspname = ANY (%s)", [schemas]
    )
    return [name for (name,) in rows]


def _triggers(ours: Connection) -> list[tuple[str, str]]:
    """Table and name of those on the mirror that call a function of before."""
    return run(ours, "mirror/triggers_of_before", {"prefix": BEFORE}).fetchall()


def _on(table: str, trigger: str, statement: str) -> sql.Composed:
    return template(statement).format(sql.Identifier(table), sql.Identifier(trigger))
