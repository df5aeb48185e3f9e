"""What nothing can calculate again survives upgrades, and is all that a backup must hold."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from ops import demo
from ops.local.embedded import Postgres, wheel_binaries
from shared import sqlfiles
from shared.database import Connection, connect
from shared.errors import ConfigurationError
from shared.settings import Settings
from tests.support.databases import DEFAULTS, database
from tests.support.mentorhub import NOW, QUICK, check, look_until_proven
from tests.support.mirror import at
from workers import kept
from workers.audit import audit
from workers.install import install, install_schemas
from workers.mentorhub import drop_slot

PAGE = (sqlfiles.ROOT.parent / "docs/operate.md").read_text()
BACKUP, LOST, RESTORE = re.findall(
    r"(?ms)^```bash\n(.*?)^```", re.findall(r"(?ms)^## Backup$.*?^## ", PAGE)[0]
)
REVISIONS = sorted(path.stem[1:] for path in Path(kept.__file__).parent.glob("versions/r*.py"))

ENTRIES = {
    "0001": (
        "SET kept.writer = '7'",
        "INSERT INTO kept.note (day, text) VALUES ('2026-03-01', 'Скидка: it''s on')",
        (
            "INSERT INTO kept.goal (metric, measure, value, filters)"
            """ VALUES ('revenue', 'revenue', 100000.55, '{"currency": "RUB"}')"""
        ),
        "INSERT INTO kept.acknowledgement (what, rows) VALUES ('session_day', 3)",
        "SET kept.writer = '8'",
        "UPDATE kept.note SET text = 'Скидка'",
    ),
    "0002": (
        (
            "INSERT INTO kept.alert (metric, measure, direction, threshold)"
            " VALUES ('session_day', 'sessions', 'above', 100)"
        ),
        "INSERT INTO kept.firing (alert, value, ended_at) SELECT id, 101, now() FROM kept.alert",
    ),
    "0003": (
        (
            "INSERT INTO kept.journal (name, since) VALUES ('payment_journal', '2026-01-01Z')"
            " ON CONFLICT DO NOTHING"
        ),
        (
            "INSERT INTO kept.payment_journal"
            " (happened_at, found_by, payment_id, currency, earned, refunded)"
            " VALUES ('2026-01-02Z', 'fold', -1, 'RUB', 5, 0),"
            " ('2026-01-03Z', 'fold', -1, 'RUB', 0, 5), ('2026-01-04Z', 'fold', -1, 'RUB', -5, -5)"
        ),
    ),
    "0004": (
        "SET session_replication_role = replica",
        "SET kept.writer = '9'",
        "UPDATE kept.goal SET value = 7",
    ),
    "0005": (
        (
            "INSERT INTO kept.journal (name, since) VALUES ('subscription_journal', '2026-01-01Z')"
            " ON CONFLICT DO NOTHING"
        ),
        (
            "INSERT INTO kept.subscription_journal"
            " (happened_at, found_by, subscription_id, currency, amount, becomes)"
            " VALUES ('2026-01-02Z', 'fold', -1, 'RUB', 9.9, 9.9),"
            " ('2026-01-03Z', 'comparison', -1, 'RUB', -9.9, 0)"
        ),
    ),
    "0006": ("UPDATE kept.firing SET acknowledged_at = now()",),
    "0007": (
        (
            "INSERT INTO kept.payment_journal"
            " (happened_at, found_by, payment_id, currency, earned, refunded)"
            " VALUES ('2026-01-02Z', 'fold', -2, 'RUB', 5, 0),"
            " ('2026-01-03Z', 'fold', -2, 'RUB', -5, 0)"
        ),
    ),
}
"""What somebody writes at each revision, in what it has brought."""


@contextmanager
def write(url: str, revisions: list[str]) -> Iterator[Connection]:
    with connect(url) as connection:
        for revision in revisions:
            for statement in ENTRIES[revision]:
                connection.execute(statement.encode())
        yield connection


def rows(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Of every table but the one that says which revision it is."""
    tables = connection.execute(
        "SELECT relname::text FROM pg_class"
        " WHERE relnamespace = to_regnamespace('kept') AND relkind = 'r' AND relname <> 'revision'"
    ).fetchall()
    with connection.cursor(row_factory=dict_row) as cursor:
        return {
            name: cursor.execute(
                sql.SQL("SELECT * FROM kept.{} ORDER BY id").format(sql.Identifier(name))
            ).fetchall()
            for (name,) in sorted(tables)
        }


def test_there_are_entries_for_each_revision() -> None:
    assert sorted(ENTRIES) == REVISIONS


@pytest.mark.parametrize("place", range(len(REVISIONS)), ids=REVISIONS)
def test_an_upgrade_from_each_earlier_schema_leaves_what_was_written(
    postgres: Postgres, place: int
) -> None:
    with database(postgres, f"test_kept_{place}") as url:
        settings = replace(DEFAULTS, analytics_database_url=url)
        kept.migrate(settings, REVISIONS[place])
        with write(url, REVISIONS[: place + 1]) as connection:
            before = rows(connection)
            kept.migrate(settings)
            after = rows(connection)
    assert len(before["history"]) >= 3
    for table, entries in before.items():
        for was, becomes in zip(entries, after[table], strict=True):
            assert was.items() <= becomes.items(), table


def test_an_installation_of_before_gets_the_schema(ours: Connection, settings: Settings) -> None:
    ours.execute("DROP SCHEMA kept CASCADE")
    install_schemas(ours, settings, datetime.now(UTC))
    ours.execute("SELECT FROM analytics.note, analytics.goal")


def test_an_upgrade_makes_everything_anew_but_what_was_written(
    ours: Connection, settings: Settings
) -> None:
    with write(settings.analytics_url(), REVISIONS):
        before = rows(ours)
        ours.execute("UPDATE control.installation SET definitions = 'of another version'")
        for schema in ("control", "analytics"):
            ours.execute(
                sql.SQL("COMMENT ON SCHEMA {} IS 'of before'").format(sql.Identifier(schema))
            )
        install_schemas(ours, settings, datetime.now(UTC))
        assert rows(ours) == before
        comments = ours.execute(
            "SELECT count(*) FROM pg_description WHERE description = 'of before'"
        )
        assert comments.fetchone() == (0,)


def test_who_wrote_and_deleted_is_remembered(ours: Connection, settings: Settings) -> None:
    with write(settings.analytics_url(), ["0001"]) as connection:
        connection.execute("RESET kept.writer")
        connection.execute("DELETE FROM kept.note")
        history = [entry for entry in rows(ours)["history"] if entry["relation"] == "note"]
    assert [entry["written_by"] for entry in history] == [7, 8, None]
    assert [entry["role"] for entry in history] == ["postgres"] * 3
    texts = [
        tuple(side and side["text"] for side in (entry["before"], entry["after"]))
        for entry in history
    ]
    assert texts == [(None, "Скидка: it's on"), ("Скидка: it's on", "Скидка"), ("Скидка", None)]


def test_the_reader_writes_what_people_enter_and_not_who_they_are(
    ours: Connection, settings: Settings
) -> None:
    with connect(settings.analytics_url(), options="-c role=analytics_reader") as reader:
        reader.execute("INSERT INTO analytics.note (day, text) VALUES ('2026-01-01', 'so')")
        reader.execute("UPDATE analytics.note SET text = 'or so'")
        for beyond in (
            "INSERT INTO analytics.note (day, text, written_by) VALUES ('2026-01-01', 'so', 1)",
            "UPDATE analytics.goal SET written_at = now()",
            "SELECT FROM kept.history",
            "DELETE FROM kept.note",
            "TRUNCATE analytics.note",
        ):
            with pytest.raises(psycopg.errors.Error, match=r"denied|not a table"):
                reader.execute(beyond.encode())
        reader.execute("DELETE FROM analytics.note")
    assert len(rows(ours)["history"]) == 3


def test_a_strangers_schema_and_one_of_a_newer_version_are_left_alone(postgres: Postgres) -> None:
    with database(postgres, "test_kept_strange") as url, connect(url) as connection:
        settings = replace(DEFAULTS, analytics_database_url=url)
        connection.execute("CREATE SCHEMA kept")
        with pytest.raises(ConfigurationError, match="isn't ours"):
            kept.migrate(settings)
        connection.execute("DROP SCHEMA kept")
        kept.migrate(settings)
        connection.execute("UPDATE kept.revision SET version_num = '9999'")
        with pytest.raises(ConfigurationError, match="newer version"):
            kept.migrate(settings)


@pytest.fixture
def mentorhub(postgres: Postgres) -> Iterator[str]:
    with database(postgres, "test_kept_mentorhub") as url:
        demo.fill(url, users=20, seed=1, until=NOW)
        yield url
        with connect(url) as source:
            drop_slot(source)


@contextmanager
def server(folder: Path, mentorhub: str) -> Iterator[Settings]:
    """An analytics server of its own, as a DBA hands it over."""
    with Postgres(folder, settings=QUICK) as ours:
        ours.create_database("analytics")
        with connect(ours.url("analytics")) as connection:
            at(connection, NOW)
        yield replace(
            DEFAULTS,
            analytics_database_url=ours.url("analytics"),
            source_database_url=mentorhub,
        )


def type_in(commands: str, settings: Settings, folder: Path) -> None:
    paths = (str(Path(sys.executable).parent), str(wheel_binaries()), os.defpath)
    done = subprocess.run(
        ["sh", "-e"],  # noqa: S607
        input=commands,
        cwd=folder,
        env={
            "PATH": ":".join(paths),
            "OWNER": settings.analytics_url(),
            "ANALYTICS_DATABASE_URL": settings.analytics_url(),
            "SOURCE_DATABASE_URL": settings.source_url(),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_lost_analytics_server_comes_back_from_the_backup_by_the_commands_of_the_page(
    mentorhub: str, tmp_path: Path
) -> None:
    with server(tmp_path / "ours", mentorhub) as settings:
        install(settings)
        with write(settings.analytics_url(), REVISIONS) as connection:
            before = rows(connection)
        type_in(BACKUP, settings, tmp_path)
    shutil.rmtree(tmp_path / "ours")
    with connect(mentorhub) as source:
        source.execute("UPDATE sessions SET duration_minutes = 7 WHERE id < 9")
    with server(tmp_path / "ours", mentorhub) as settings:
        type_in(LOST, settings, tmp_path)
        type_in(RESTORE, settings, tmp_path)
        with connect(settings.analytics_url()) as connection:
            assert rows(connection) == before
        assert look_until_proven(settings)
        check(settings)
        assert audit(settings, repair=False).wrong == 0


def test_entries_alone_are_taken_back_into_a_running_installation(
    ours: Connection, settings: Settings, tmp_path: Path
) -> None:
    with write(settings.analytics_url(), REVISIONS):
        before = rows(ours)
    backup, restore = BACKUP, RESTORE.replace("analytics init\n", "")
    told = replace(settings, source_database_url=settings.analytics_url())
    type_in(backup, told, tmp_path)
    ours.execute("DELETE FROM kept.note")
    type_in(restore, told, tmp_path)
    install_schemas(ours, settings, datetime.now(UTC))
    assert rows(ours) == before
    ours.execute("SELECT FROM analytics.note, analytics.goal")
    written = ours.execute(
        "INSERT INTO analytics.note (day, text) VALUES (now(), 'x') RETURNING id"
    )
    assert written.fetchone() == (2,)
