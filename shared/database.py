"""How this system reaches PostgreSQL."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg import pq, sql
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from shared import sqlfiles
from shared.errors import ConfigurationError, ServerUnavailableError

OLDEST_POSTGRES = 15
"""Publications have column lists from 15 on."""

SESSION = {
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "search_path": "public",
    "standard_conforming_strings": "on",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "array_nulls": "on",
    "transform_null_equals": "off",
    "quote_all_identifiers": "off",
    "lc_monetary": "C",
    "lc_numeric": "C",
    "lc_time": "C",
    # rows that are hidden would be missing: an error says so
    "row_security": "off",
    "default_transaction_isolation": "read committed",
    "default_transaction_read_only": "off",
    "default_transaction_deferrable": "off",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "plan_cache_mode": "auto",
    # compiling a fold's many views would cost more than it saves
    "jit": "off",
}
"""Whatever a server, a database or a role has its sessions inherit, ours begin with these."""

TRANSACTION_TIMEOUT_SINCE = 170000

_FROM_ENVIRONMENT = ("PGTZ", "PGDATESTYLE", "PGGEQO")
"""What libpq would tell the server behind our back."""

Connection = psycopg.Connection[Any]

Parameters = Sequence[Any] | Mapping[str, Any]
"""For `%s`, or for `%(name)s`."""

_Answer = TypeVar("_Answer")

LIVENESS: dict[str, Any] = {
    "application_name": "analytics",
    # Seconds for each address of the host, log-in included: 2 is the least that libpq takes.
    "connect_timeout": 3,
    # A machine that is gone, or a network that drops packets, is noticed within some 10 s, whether
    # we wait for an answer (keepalives) or for what was sent to arrive (milliseconds).
    "keepalives_idle": 4,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""How every connection of ours notices that nobody is there; what a URL says counts more."""


SILENCE = 10
"""Seconds without an answer after which a watched server is asked whether it answers anybody."""


class ServerSilentError(psycopg.OperationalError):
    """The server took longer to answer than its asker can wait."""


class _Impatient(psycopg.Connection[Any]):
    """Closes itself where an answer takes longer than `patience` seconds, and says when one came.

    A server that is frozen acknowledges what it is sent, and no time-out of its own ends a
    statement: neither TCP nor `statement_timeout` notices.
    """

    patience: float | None = None
    on_answer: Callable[[], object] | None = None
    address: str | None = None
    """Of a server that is asked for a sign of life where an answer takes long."""

    def wait(
        self, gen: PQGen[_Answer], interval: float = 0.1, timeout: float | None = None
    ) -> _Answer:
        answer = self._wait(gen, interval, timeout)
        if self.on_answer:
            self.on_answer()
        return answer

    def _wait(self, gen: PQGen[_Answer], interval: float, timeout: float | None) -> _Answer:
        if self.address:
            return super().wait(self._looking(gen, self.address), interval, timeout)
        # with a time-out: notifications, for which the caller waits as long as it likes
        if timeout is not None or self.patience is None:
            return super().wait(gen, interval, timeout)
        began = monotonic()
        try:
            return super().wait(gen, interval, self.patience)
        except psycopg.OperationalError:
            if monotonic() - began < self.patience:
                raise
            self.pgconn.finish()
            raise ServerSilentError(f"no answer within {self.patience:g} s") from None

    def _looking(self, gen: PQGen[_Answer], address: str) -> PQGen[_Answer]:
        """The same, and a look every so often whether the server answers anybody."""
        ready: Any = None
        looked = monotonic()
        while True:
            try:
                waited_for = gen.send(ready)
            except StopIteration as end:
                return end.value
            ready = yield waited_for
            if not ready and monotonic() - looked > SILENCE:
                if pq.PGconn.ping(address.encode()) == pq.Ping.NO_RESPONSE:
                    self.pgconn.finish()
                    raise ServerSilentError("nobody there answers")
                looked = monotonic()


def connect(
    url: str,
    *,
    options: str = "",
    autocommit: bool = True,
    patience: float | None = None,
    on_answer: Callable[[], object] | None = None,
    **others: Any,
) -> Connection:
    """One psycopg connection, whose session has the settings of SESSION, and then of `options`.

    `patience`: seconds that an answer may take; then the connection is closed.
    `on_answer`: called after each answer.

    Raises ConfigurationError for a URL or server that can't be used, ServerUnavailableError for
    one that doesn't answer; both name the server and never the password.
    """
    always = {"autocommit": True, "client_encoding": "UTF8"}
    for name in _FROM_ENVIRONMENT:
        os.environ.pop(name, None)
    try:
        said = conninfo_to_dict(url)
        unsaid = {name: value for name, value in LIVENESS.items() if name not in said}
        given = f"{options_of(url)} {options}".strip()
        keywords: dict[str, Any] = unsaid | others | always
        connection = _Impatient.connect(url, **keywords, options=given)
        connection.patience, connection.on_answer = patience, on_answer
    except psycopg.OperationalError as error:
        raise ServerUnavailableError(f"Can't connect to {where(url)}: {_reason(error)}") from None
    except psycopg.ProgrammingError:
        raise ConfigurationError(
            "A database URL can't be read: write postgresql://USER:PASSWORD@HOST/NAME."
        ) from None
    version = connection.info.server_version
    if version < OLDEST_POSTGRES * 10000:
        connection.close()
        raise ConfigurationError(
            f"{where(url)} is version {version // 10000}: "
            f"version {OLDEST_POSTGRES} or newer is needed."
        )
    if version >= TRANSACTION_TIMEOUT_SINCE and "transaction_timeout" not in given:
        # an older server refuses a connection that asks for it
        connection.execute("SET transaction_timeout = 0")
    connection.autocommit = autocommit
    return connection


def watched(url: str, **options: Any) -> Connection:
    """As `connect`, for answers that may take long: closed where its server answers nobody."""
    connection = connect(url, **options)
    if isinstance(connection, _Impatient):
        connection.address = make_conninfo(url, connect_timeout=LIVENESS["connect_timeout"])
    return connection


def options_of(url: str, **settings: str) -> str:
    """The URL's own `options`, what every session of ours begins with, and the given settings."""
    own = conninfo_to_dict(url).get("options") or ""
    return f"{own} {flags(SESSION | settings)}".strip()


def one(
    connection: Connection, query: str | sql.Composed, parameters: Parameters | None = None
) -> Any:
    """The first column of the first row; None where there is no row."""
    text = query.encode() if isinstance(query, str) else query
    row = connection.execute(text, parameters).fetchone()
    return row[0] if row else None


def run(
    connection: Connection | psycopg.Cursor[Any], name: str, parameters: Parameters | None = None
) -> psycopg.Cursor[Any]:
    """Execute `sql/NAME.sql`."""
    return connection.execute(sqlfiles.read(name).encode(), parameters)


def template(text: str) -> sql.SQL:
    """SQL of ours with holes for names: `SELECT id FROM public.{table}`."""
    return sql.SQL(text)  # pyright: ignore[reportArgumentType]


def inherit(connection: Connection) -> None:
    """Let sessions of this role in this database begin as ours do, also those that we don't open.

    Replication's apply workers are such: they inherit what database and role say.
    """
    newer = connection.info.server_version >= TRANSACTION_TIMEOUT_SINCE
    for name, value in (SESSION | ({"transaction_timeout": "0"} if newer else {})).items():
        connection.execute(
            sql.SQL("ALTER ROLE CURRENT_USER IN DATABASE {} SET {} = {}").format(
                sql.Identifier(connection.info.dbname), sql.Identifier(name), sql.Literal(value)
            )
        )


def flags(settings: dict[str, str]) -> str:
    """Server settings as `options` of a connection have them."""
    return " ".join(
        "-c " + f"{name}={value}".replace(" ", "\\ ") for name, value in settings.items()
    )


def where(url: str) -> str:
    """Host, port and database of a URL, for people: no user, no password."""
    parts = conninfo_to_dict(url)
    host, port = parts.get("host", "localhost"), parts.get("port", 5432)
    return f"PostgreSQL at {host}:{port}/{parts.get('dbname', '')}"


def _reason(error: psycopg.OperationalError) -> str:
    reason = re.sub(r"^.*(FATAL|failed):\s*", "", " ".join(str(error).split()))
    # libpq's own guess, a question
    reason = re.sub(r" Is the server running .*\?$", "", reason)
    return reason.removesuffix(".") + "."
