"""Installations as they are found: servers, encodings, locales, and what their sessions inherit."""

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st
from psycopg import sql
from psycopg.errors import InvalidParameterValue

from ops.local.embedded import Postgres
from shared.database import connect, run
from shared.settings import Settings
from tests.support.databases import DEFAULTS
from tests.support.mentorhub import SUBSCRIPTION, ask
from workers import mirror
from workers.mentorhub import drop_slot
from workers.mirrored import MIRRORED, columns

OTHER_BINARIES = Path(os.environ.get("OTHER_POSTGRES", "/usr/lib/postgresql/15/bin"))
"""A second PostgreSQL, where there is one."""

RUSSIAN = "ru_RU.UTF-8"

INHERITED = {
    "DateStyle": ["German", "SQL, DMY", "Postgres, YMD", "ISO, DMY"],
    "IntervalStyle": ["iso_8601", "sql_standard", "postgres_verbose"],
    "TimeZone": ["Pacific/Kiritimati", "America/St_Johns", "<+03>-3"],
    "timezone_abbreviations": ["India", "Australia"],
    "client_encoding": ["SQL_ASCII", "LATIN1", "WIN1251"],
    "search_path": ["nowhere", "information_schema"],
    "statement_timeout": ["1ms"],
    "lock_timeout": ["1ms"],
    "idle_in_transaction_session_timeout": ["1ms"],
    "idle_session_timeout": ["1ms"],
    "standard_conforming_strings": ["off"],
    "extra_float_digits": ["-15"],
    "bytea_output": ["escape"],
    "lc_messages": [RUSSIAN],
    "array_nulls": ["off"],
    "transform_null_equals": ["on"],
    "quote_all_identifiers": ["on"],
    "default_transaction_isolation": ["serializable", "repeatable read"],
    "default_transaction_read_only": ["on"],
    "default_transaction_deferrable": ["on"],
    "row_security": ["off"],
    "enable_hashjoin": ["off"],
    "enable_indexscan": ["off"],
    "enable_nestloop": ["off"],
    "enable_sort": ["off"],
    "jit_above_cost": ["0"],
    "plan_cache_mode": ["force_generic_plan", "force_custom_plan"],
    "synchronous_commit": ["off"],
    "session_replication_role": ["replica"],
}
"""What ALTER DATABASE or ALTER ROLE may have a session begin with."""

ENCODINGS = ("UTF8", "UTF8", "SQL_ASCII", "LATIN1", "WIN1251", "EUC_JP")
"""Of MentorHub's database; ours is UTF8."""

ZONES = (
    "UTC",
    "Europe/Moscow",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Havana",
    "Pacific/Apia",
    "Etc/GMT+12",
    "Africa/Casablanca",
)

INHERITANCE = st.dictionaries(st.sampled_from(sorted(INHERITED)), st.integers(0, 3)).map(
    lambda drawn: {
        name: INHERITED[name][number % len(INHERITED[name])] for name, number in drawn.items()
    }
)


@dataclass(frozen=True)
class Database:
    """How one is made, and what its sessions inherit: of it, and of whoever logs in to it."""

    is_other_server: bool
    encoding: str
    locale: int
    inherited: dict[str, str]
    is_by_role: bool


@dataclass(frozen=True)
class Installation:
    """MentorHub's database and ours.

    `lacks`: of MentorHub's optional columns; of a table, where `id` is among them.
    """

    theirs: Database
    ours: Database
    lacks: frozenset[tuple[str, str]] = frozenset()


def databases(encodings: tuple[str, ...]) -> st.SearchStrategy[Database]:
    return st.builds(
        Database,
        st.booleans(),
        st.sampled_from(encodings),
        st.integers(0, 99),
        INHERITANCE,
        st.booleans(),
    )


OPTIONAL = [
    (table, column.name) for table in MIRRORED for column in columns(table) if not column.is_needed
]

INSTALLATIONS = st.builds(
    Installation,
    databases(ENCODINGS),
    databases(("UTF8",)),
    st.frozensets(st.sampled_from(OPTIONAL), max_size=8),
)


@contextmanager
def installed(
    installation: Installation, servers: dict[bool, Postgres], rows_of_text: str
) -> Generator[Settings]:
    """Settings for fresh databases of the kind, MentorHub's with its tables.

    `rows_of_text`: the type that MentorHub keeps text in.
    """
    with _made(installation.theirs, servers) as theirs, _made(installation.ours, servers) as ours:
        with connect(theirs) as source:
            for table in MIRRORED:
                run(source, f"mirrored/{table}")
                source.execute(
                    sql.SQL("ALTER TABLE {} DROP COLUMN w").format(sql.Identifier(table))
                )
            source.execute(f"ALTER TABLE courses ALTER title TYPE {rows_of_text}".encode())
            # a table goes after its columns
            for table, column in sorted(installation.lacks, key=lambda lack: lack[1] == "id"):
                loss = "DROP TABLE {0}" if column == "id" else "ALTER TABLE {0} DROP {1}"
                source.execute(sql.SQL(loss).format(sql.Identifier(table), sql.Identifier(column)))
        try:
            yield replace(DEFAULTS, analytics_database_url=ours, source_database_url=theirs)
        finally:
            with connect(ours) as connection:
                if ask(connection, SUBSCRIPTION):
                    mirror.unsubscribe(connection)
            with connect(theirs) as source:
                drop_slot(source)


@contextmanager
def _made(kind: Database, servers: dict[bool, Postgres]) -> Generator[str]:
    server = servers[kind.is_other_server]
    name = f"drawn_{uuid4().hex}"
    locales = _locales(server, kind.encoding)
    with connect(server.url()) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {} {}").format(
                sql.Identifier(name),
                sql.Literal(kind.encoding),
                sql.SQL(locales[kind.locale % len(locales)]),  # pyright: ignore[reportArgumentType]
            )
        )
        whose = "ROLE postgres IN DATABASE" if kind.is_by_role else "DATABASE"
        for setting, value in kind.inherited.items():
            if setting == "lc_messages" and not _speaks_russian(server):
                continue
            connection.execute(
                sql.SQL("ALTER {} {} SET {} = {}").format(
                    sql.SQL(whose),  # pyright: ignore[reportArgumentType]
                    sql.Identifier(name),
                    sql.Identifier(setting),
                    sql.SQL(value) if setting == "search_path" else sql.Literal(value),  # pyright: ignore[reportArgumentType]
                )
            )
        try:
            yield server.url(name)
        finally:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )


@cache
def _speaks_russian(server: Postgres) -> bool:
    with connect(server.url()) as connection, suppress(InvalidParameterValue):
        connection.execute(f"SET lc_messages = '{RUSSIAN}'".encode())
        return True
    return False


@contextmanager
def russian(binaries: Path) -> Generator[Path]:
    """These binaries, of servers that may speak Russian, where the system can make that."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # servers of root's run as somebody else
        localedef = shutil.which("localedef")
        if localedef:
            command = [localedef, "-i", "ru_RU", "-f", "UTF-8", folder / RUSSIAN]
            subprocess.run(command, check=False)
        for program in binaries.iterdir():
            script = folder / program.name
            words = f"env LOCPATH={folder}:/usr/lib/locale" if program.name == "postgres" else ""
            script.write_text(f'#!/bin/sh\nexec {words} {program} "$@"\n')
            script.chmod(0o755)
        yield folder


@cache
def _locales(server: Postgres, encoding: str) -> list[str]:
    """Every kind of locale that a database of the encoding can have there."""
    if encoding != "UTF8":
        return ["LOCALE_PROVIDER libc LOCALE 'C'"]
    names = ["C", *(name for name in _of_the_system() if "utf8" in name)]
    known = [f"LOCALE_PROVIDER libc LOCALE '{name}'" for name in names]
    with connect(server.url()) as connection:
        if ask(connection, "SELECT count(*) FROM pg_collation WHERE collname = 'ru-x-icu'"):
            icu = "LOCALE_PROVIDER icu LOCALE 'C' ICU_LOCALE"
            known += [f"{icu} '{name}'" for name in ("tr", "ru", "en-u-ks-level2", "und")]
        if connection.info.server_version >= 170000:
            known += [
                f"LOCALE_PROVIDER builtin LOCALE 'C' BUILTIN_LOCALE '{name}'"
                for name in ("C", "C.UTF-8")
            ]
    return known


def _of_the_system() -> list[str]:
    done = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False)  # noqa: S607
    return done.stdout.split()


def fits(row: dict[str, Any], encoding: str) -> dict[str, Any]:
    """The row without characters that MentorHub's encoding lacks."""
    codec = {"SQL_ASCII": "utf-8", "WIN1251": "cp1251"}.get(encoding, encoding)

    def fitting(text: str) -> str:
        if encoding == "EUC_JP":
            # Python and PostgreSQL agree on its letters, and not on every sign
            text = "".join(each for each in text if each.isascii() or "ぁ" <= each <= "龠")
        return text.encode(codec, "ignore").decode(codec)

    return {
        name: fitting(value) if isinstance(value, str) else value for name, value in row.items()
    }
