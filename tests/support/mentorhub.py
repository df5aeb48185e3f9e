"""A MentorHub beside an analytics database, with real replication between them."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from ops import demo
from ops.local.embedded import Postgres
from shared.database import connect
from shared.settings import Settings
from tests.support import dashboard
from tests.support.databases import DEFAULTS, database
from tests.support.mirror import at
from tests.support.oracle import Oracle, Rows
from tests.support.processes import wait_until
from workers import comparison, mirror
from workers.definitions import MIRRORED
from workers.guard import Guard
from workers.install import install
from workers.mentorhub import columns, drop_slot
from workers.names import AS_OURS, Names
from workers.rebuild import rebuild

QUICK = {"fsync": "off", "synchronous_commit": "off", "shared_buffers": "16MB"}
"""Settings of a server for tests."""

NOW = datetime(2026, 3, 10, 12, 34, tzinfo=UTC)
"""What the demo data ends at, and our database takes for the current time."""

SUBSCRIPTION = """
    SELECT oid FROM pg_subscription
    WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
"""Ours; the catalog is shared by all databases of a server."""

HELD = """
    SELECT count(*) FROM pg_stat_activity
    WHERE
        datname = current_database()
        AND pid <> pg_backend_pid()
        AND backend_type = 'client backend'
        AND application_name ^@ 'analytics'
        AND xact_start IS NOT NULL
"""
"""Transactions at MentorHub that are open."""

UNKNOWN = 10**6
"""Nobody's id."""


@contextmanager
def pair(
    theirs: Postgres, ours: Postgres, template: str = "template1", installed: str = "template1"
) -> Generator[Settings]:
    """Fresh databases, MentorHub's with its tables; at the end nothing is left of them.

    `template`, `installed`: what MentorHub's, and what ours is a clone of.
    """
    with database(theirs, f"mentorhub_{uuid4().hex}", template) as source_url:
        demo.create_tables(source_url)
        with analytics(ours, installed) as analytics_url:
            yield replace(
                DEFAULTS, analytics_database_url=analytics_url, source_database_url=source_url
            )
        with connect(source_url) as source:
            assert wait_until(lambda: ask(source, HELD) == 0), "nothing of ours is held there"
            drop_slot(source)


class Installed:
    """A pair of databases with rows, installed once, of which each test gets clones.

    To install on top of a clone brings publication, slot and subscription, and compares all rows as
    ever; it makes and calculates no schema, for tests that are about what comes later.
    """

    def __init__(self, server: Postgres, fill: Callable[[str], object]) -> None:
        """`fill`: writes MentorHub's rows, given its URL."""
        self._server = server
        self._theirs, self._ours = (f"{side}_{uuid4().hex}" for side in ("filled", "installed"))
        for name in (self._theirs, self._ours):
            tell(server.url(), f"CREATE DATABASE {name}")
        source_url, analytics_url = server.url(self._theirs), server.url(self._ours)
        demo.create_tables(source_url)
        fill(source_url)
        with connect(analytics_url) as connection:
            at(connection, NOW)
        install(
            replace(DEFAULTS, analytics_database_url=analytics_url, source_database_url=source_url)
        )
        with connect(analytics_url) as connection:
            mirror.unsubscribe(connection)

    @contextmanager
    def pair(self) -> Generator[Settings]:
        """Clones, with replication between them; at the end nothing is left of them."""
        with pair(self._server, self._server, self._theirs, self._ours) as settings:
            install(settings)
            yield settings


@contextmanager
def apart(folder: Path, ours: Postgres, **special: str) -> Generator[tuple[Postgres, Settings]]:
    """MentorHub, with its tables, in a server of its own that may be ended and started."""
    with (
        Postgres(folder / "theirs", settings=QUICK | special) as theirs,
        analytics(ours) as analytics_url,
    ):
        theirs.create_database("mentorhub")
        demo.create_tables(theirs.url("mentorhub"))
        yield (
            theirs,
            replace(
                DEFAULTS,
                analytics_database_url=analytics_url,
                source_database_url=theirs.url("mentorhub"),
            ),
        )


@contextmanager
def analytics(ours: Postgres, template: str = "template1") -> Generator[str]:
    """The URL of an empty database for us, where it is NOW; a subscription in it is ended.

    Or of a clone of `template`.
    """
    with database(ours, f"analytics_{uuid4().hex}", template) as url, connect(url) as connection:
        at(connection, NOW)
        try:
            yield url
        finally:
            if ask(connection, SUBSCRIPTION):
                mirror.unsubscribe(connection)


def copy(settings: Settings) -> None:
    """What `analytics init` does before it calculates."""
    with connect(settings.analytics_url()) as ours, connect(settings.source_url()) as theirs:
        mirror.prepare(ours, theirs, settings.source_url())
        comparison.settle(ours, theirs, AS_OURS, lambda _: None)


def ask(connection: psycopg.Connection[Any], question: LiteralString, *parameters: object) -> Any:
    row = connection.execute(question, parameters).fetchone()
    return row[0] if row else None


def tell(url: str, *statements: str) -> None:
    """Each a transaction of its own."""
    with connect(url) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def rows(url: str, names: Names = AS_OURS) -> Rows:
    """Every row of every table that some number depends on, by our names of the tables."""
    with connect(url, row_factory=dict_row) as connection:
        tables = {table: names.table(table) for table in MIRRORED}
        listed = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        there = {row["relname"] for row in connection.execute(listed)}
        return {
            table: connection.execute(
                sql.SQL("SELECT * FROM public.{}").format(sql.Identifier(theirs))
            ).fetchall()
            for table, theirs in tables.items()
            if theirs in there
        }


def catch_up(settings: Settings) -> None:
    """Wait for everything that MentorHub has committed, prove it, and recalculate."""
    with connect(settings.analytics_url()) as ours, connect(settings.source_url()) as source:
        mirror.wait_until_caught_up(ours, source)
    assert look_until_proven(settings)
    rebuild(settings)


def check(settings: Settings, truth: Rows | None = None) -> None:
    """Every answer equals the recount over `truth`, by default MentorHub's own rows."""
    truth = truth or rows(settings.source_url())
    with dashboard.asking(settings, _an_admin(truth)) as client:
        dashboard.check(
            client,
            Oracle(truth, NOW, settings.timezone, settings.currency, settings.minor_units),
            windows=(1, 7, 30, 365),
            users=[*_ends(truth["users"], 20), UNKNOWN],
            courses=[*_ends(truth["courses"], 2), UNKNOWN],
            currencies=("USD",),
        )


def _an_admin(truth: Rows) -> int:
    return next(
        user["id"]
        for user in truth["users"]
        if user["role"] in ("ADMIN", "admin") and user["is_active"]
    )


def _ends(table: list[dict[str, Any]], count: int) -> list[int]:
    """Ids at both ends: the demo's awkward rows lie on its oldest users."""
    ids = sorted(row["id"] for row in table)
    return ids[:count] + ids[count:][-count // 4 :]


def contents(url: str, listed: dict[str, list[str]]) -> dict[str, list[Any]]:
    """These columns, by table, as text: at MentorHub, or of the mirror."""
    with connect(url) as connection:
        return {
            table: connection.execute(
                sql.SQL("SELECT ROW ({})::text FROM public.{} ORDER BY id").format(
                    sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table)
                )
            ).fetchall()
            for table, columns in listed.items()
        }


def received(url: str) -> dict[str, list[str]]:
    """The columns of every mirrored table that MentorHub has."""
    with connect(url) as source:
        return {table: list(found) for table, found in columns(source).items()}


def look_until_proven(settings: Settings) -> bool:
    """What the guard of a running stack does."""
    with connect(settings.analytics_url()) as ours, Guard(settings) as guard:

        def is_proven() -> bool:
            guard.look()
            return ask(ours, "SELECT control.replicated_until('0.1 s')") is not None

        return wait_until(is_proven)


def is_mirrored(settings: Settings) -> bool:
    """Whether the mirror is MentorHub's tables, as soon as everything has arrived."""
    with connect(settings.analytics_url()) as ours, connect(settings.source_url()) as source:
        mirror.wait_until_caught_up(ours, source)
    listed = received(settings.source_url())
    theirs = contents(settings.source_url(), listed)
    return contents(settings.analytics_url(), listed) == theirs


ROWS = (
    (
        "INSERT INTO users (username, email, hashed_password, role, is_verified) VALUES"
        " ('admin', 'a', 'x', 'ADMIN', true), ('bob', 'b', 'x', 'STUDENT', true),"
        " ('ann', 'c', 'x', 'MENTOR', false)"
    ),
    "INSERT INTO mentors (user_id) VALUES (3)",
    "INSERT INTO courses (title, instructor_id) VALUES ('SQL', 1)",
    (
        "INSERT INTO sessions (student_id, mentor_id, scheduled_at, status)"
        " VALUES (2, 1, now(), 'COMPLETED'), (2, 1, now(), 'NO_SHOW')"
    ),
    "INSERT INTO course_enrollments (user_id, course_id, progress_percent) VALUES (2, 1, 50)",
    "INSERT INTO reviews (user_id, course_id, rating) VALUES (2, 1, 4)",
    (
        "INSERT INTO payments (student_id, mentor_id, amount, currency, status)"
        " VALUES (2, 1, 1234, 'RUB', 'COMPLETED')"
    ),
    *(
        f"UPDATE {table} SET created_at = '2026-03-10 08:00:00+00'"  # noqa: S608
        for table in ("users", "sessions", "course_enrollments", "reviews", "payments")
    ),
)


POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")


TIMED = ("users", "sessions", "course_enrollments", "progress", "reviews", "payments")


def make_older(url: str) -> None:
    """Change MentorHub's tables into those of an older installation, to the second."""
    kept = "integer USING floor(extract(epoch FROM created_at))::integer"
    naive = "timestamp USING date_trunc('second', created_at AT TIME ZONE 'UTC')"
    for table in TIMED:
        tell(
            url,
            f"ALTER TABLE {table} ALTER created_at DROP DEFAULT",
            f"ALTER TABLE {table} ALTER created_at TYPE {naive if table == 'reviews' else kept}",
        )
    for table, column in (("users", "role"), ("sessions", "status"), ("payments", "status")):
        tell(
            url,
            f"ALTER TABLE {table} ALTER {column} DROP DEFAULT",
            f"ALTER TABLE {table} ALTER {column} TYPE varchar(20) USING lower({column}::text)",
        )


USERS = 150


def fill(url: str, users: int = USERS) -> None:
    demo.fill(url, users=users, seed=1, until=NOW)


def seen(guard: Guard, settings: Settings) -> str | None:
    """What it writes down when it looks."""
    with connect(settings.analytics_url()) as ours:
        before = ask(ours, "SELECT clock_timestamp()")

        def has_looked() -> bool:
            guard.look()
            looked_at = ask(ours, "SELECT looked_at FROM control.health")
            # after an installation nobody has looked yet
            return looked_at is not None and looked_at > before

        # an installation's connection, just closed, may hold its turn for a moment longer
        assert wait_until(has_looked)
        return ask(ours, "SELECT sentence FROM control.health")


PEOPLE = """
    INSERT INTO users (username, email, hashed_password, role)
    SELECT n::text, n::text, '', CASE WHEN n = 1 THEN 'ADMIN' ELSE 'STUDENT' END::userrole
    FROM generate_series(1, 9) AS n
"""


REVIEWS = """
    INSERT INTO reviews (user_id, rating) SELECT 1, 5 FROM generate_series(1, 1000)
"""
