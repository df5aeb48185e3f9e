"""Which SQL makes the schemas, in which order, and how to tell that it changed."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from psycopg import ProgrammingError

from shared import sqlfiles
from shared.database import Connection
from shared.errors import ConfigurationError
from shared.registry import FAMILIES
from workers.mirrored import MIRRORED

_MAPPED = ("source, public", "change, capture")
"""The schemas that a mapping is executed in, and takes its rows from."""


def statements(mapping: Path | None) -> Iterator[tuple[str, str]]:
    """(search_path, SQL) of everything derived from the mirror, in the order it is to be executed.

    A mapping or a definition runs several times, with other schemas on the path: names in it find
    the rows that are there (`source`, `truth`), the signed rows (`change`, `delta`), or
    those that went (`vanished`). A ranking, which is no sum, is defined over a stored summary.
    `mapping`: folder whose TABLE.sql files replace those of sql/mapping.
    """
    yield "pg_catalog", sqlfiles.read("install/schemas")
    yield "pg_catalog", sqlfiles.read("install/caseless")
    yield "pg_catalog", sqlfiles.read("install/capture")
    for schemas in _MAPPED:
        yield from ((schemas, _mapping(table, mapping)) for table in MIRRORED)
    yield "pg_catalog", sqlfiles.read("install/unusable")
    yield "pg_catalog", sqlfiles.read("install/vanished")
    yield "pg_catalog", sqlfiles.read("install/fold")
    yield "pg_catalog", sqlfiles.read("install/mirrored")
    for family in FAMILIES.values():
        for name in (*family.summaries, *family.rankings):
            yield "pg_catalog", sqlfiles.read(f"summary/{name}")
            yield "truth, source", sqlfiles.read(f"definition/{name}")
        for name in family.summaries:
            yield "delta, change", sqlfiles.read(f"definition/{name}")
            yield "vanished", sqlfiles.read(f"definition/{name}")
            yield "pg_catalog", f"SELECT control.make_foldable('{name}')"
        for name in family.rankings:
            yield "pg_catalog", sqlfiles.read(f"fold/{name}")
        for name in family.views:
            yield "pg_catalog", sqlfiles.read(f"view/{name}")
            yield "pg_catalog", f"SELECT control.make_view_auditable('{name}')"
    for part in ("replication", "proof", "mirror_audit", "waiting", "kept", "rebuild"):
        yield "pg_catalog", sqlfiles.read(f"install/{part}")
    yield "pg_catalog", sqlfiles.read("install/control")
    yield "pg_catalog", sqlfiles.read("install/reading")
    yield "pg_catalog", sqlfiles.read("install/status")
    yield "pg_catalog", sqlfiles.read("install/readings")


def digest(mapping: Path | None) -> str:
    """Changes whenever any statement does: then everything must be made and calculated anew."""
    texts = "\0".join(sql for pair in statements(mapping) for sql in pair)
    return hashlib.sha256(f"{texts}\0{FAMILIES}".encode()).hexdigest()


def execute(connection: Connection, mapping: Path | None) -> None:
    """Make all schemas anew inside the caller's transaction; what they held is dropped."""
    for search_path, sql in statements(mapping):
        connection.execute("SELECT set_config('search_path', %s, true)", [search_path])
        try:
            connection.execute(sql.encode())
        except ProgrammingError as error:
            if search_path not in _MAPPED:
                raise
            raise ConfigurationError(
                f"A mapping doesn't fit MentorHub's tables ({error.diag.message_primary}, in "
                f"`{sql.splitlines()[0]}`): write one that does, in the folder ANALYTICS_MAPPING."
            ) from None
    connection.execute("SELECT set_config('search_path', 'pg_catalog', true)")
    connection.execute(
        "INSERT INTO control.installation (definitions) VALUES (%s)", [digest(mapping)]
    )
    for family in FAMILIES.values():
        connection.execute(
            "INSERT INTO analytics.freshness (family, ttl) VALUES (%s, make_interval(secs => %s))",
            [family.name, family.ttl],
        )
    for place, (kind, name, family) in enumerate(_steps()):
        connection.execute(
            "INSERT INTO control.step (name, family, shared, kind, place)"
            " VALUES (%s, %s, %s, %s, %s)",
            [name, family, _shared(name), kind, place],
        )
    connection.execute(sqlfiles.read("install/dependence").encode())


def _steps() -> Iterator[tuple[str, str, str]]:
    for family in FAMILIES.values():
        for kind, names in (
            ("summary", family.summaries),
            ("ranking", family.rankings),
            ("view", family.views),
        ):
            yield from ((kind, name, family.name) for name in names)


def _shared(step: str) -> list[str]:
    return [family.name for family in FAMILIES.values() if step in family.shares]


def _mapping(table: str, folder: Path | None) -> str:
    override = folder and folder / f"{table}.sql"
    return (
        override.read_text()
        if override and override.exists()
        else sqlfiles.read(f"mapping/{table}")
    )
