"""An upgrade makes everything anew beside those who read, write and compare."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from typing import LiteralString

import pytest

from api.database.reader import Query, Reader
from shared.database import Connection, connect
from shared.settings import Settings
from tests.support.mentorhub import ask
from tests.support.processes import wait_until
from tests.support.server import Client, Server, server_of_a_module
from tests.support.world import fill
from workers import before, fold
from workers.audit import audit
from workers.fold import worker_connection
from workers.install import install_schemas
from workers.rebuild import rebuild

server = server_of_a_module("test_upgrade")

ADDRESSES = ("platform", "sessions?days=11", "courses", "revenue?days=11", "metrics/session_day")
"""Asked for the first time, so that nobody remembers an answer."""


def upgrade(settings: Settings, prove: Callable[[], object] = lambda: None) -> None:
    with connect(settings.analytics_url()) as connection:
        connection.execute("UPDATE control.installation SET definitions = 'of another version'")
        install_schemas(connection, settings, datetime.now(UTC), prove=prove)


LEFT: LiteralString = "SELECT count(*) FROM pg_namespace WHERE nspname ^@ 'before_'"


def test_who_asks_meanwhile_waits_for_nobody(server: Server) -> None:
    found: dict[str, int] = {}

    def ask_all() -> None:
        with closing(Client(server.port)) as client:
            found.update({address: client.get(address).status for address in ADDRESSES})

    with closing(Client(server.port)) as client:
        old = client.get("platform")
        upgrade(server.settings, ask_all)
        assert found == dict.fromkeys(ADDRESSES, 200)
        assert wait_until(lambda: client.get("platform").as_of > old.as_of)
        assert client.get("platform").body == old.body
    with connect(server.settings.analytics_url()) as ours:
        assert ask(ours, LEFT) == 0


def test_an_answer_that_has_other_columns_now_is_read_anew(
    ours: Connection, settings: Settings
) -> None:
    ours.execute("CREATE VIEW analytics.shown AS SELECT 1 AS one")
    ours.execute("GRANT SELECT ON analytics.shown TO analytics_reader")
    with closing(Reader(settings)) as reader:
        # as often as it takes until a connection has prepared it
        shown = [tuple(reader.rows(Query("SELECT * FROM analytics.shown"))[0]) for _ in range(9)]
        ours.execute("CREATE OR REPLACE VIEW analytics.shown AS SELECT 1 AS one, 2 AS two")
        shown.append(tuple(reader.rows(Query("SELECT * FROM analytics.shown"))[0]))
    assert shown == [(1,)] * 9 + [(1, 2)]


WAITS: LiteralString = (
    "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))"
)


def test_who_writes_or_compares_comes_first_and_nothing_is_missed(
    ours: Connection, settings: Settings
) -> None:
    fill(ours)
    rebuild(settings)
    users = ask(ours, "SELECT users FROM analytics.platform_total")
    with (
        ThreadPoolExecutor(1) as pool,
        connect(settings.analytics_url()) as writer,
        worker_connection(settings) as auditor,
    ):
        with fold.snapshot(auditor):
            assert ask(auditor, "SELECT control.audit('user_day', true, true)") == 0
            with writer.transaction():
                writer.execute(
                    "INSERT INTO users (id, username, role, is_active, is_verified, created_at)"
                    " VALUES (99, 'late', 'STUDENT', true, true, now())"
                )
                upgrading = pool.submit(upgrade, settings)
                assert wait_until(lambda: ask(ours, WAITS, writer.info.backend_pid))
            assert wait_until(lambda: ask(ours, WAITS, auditor.info.backend_pid))
            for step in ("session_day", "user_engagement"):
                assert ask(auditor, "SELECT control.audit(%s, true, true)", step) == 0
        upgrading.result()
    assert ask(ours, "SELECT users FROM analytics.platform_total") == users + 1
    assert audit(settings, repair=False).wrong == 0


def test_who_goes_on_reading_what_was_there_is_not_ended_and_it_is_dropped_afterwards(
    ours: Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.before.PATIENCE", 0)
    with (
        connect(settings.analytics_url(), options="-c role=analytics_reader") as reader,
        reader.transaction(),
        reader.cursor("rows") as rows,
    ):
        rows.execute("SELECT FROM analytics.freshness CROSS JOIN generate_series(1, 999)")
        rows.fetchone()
        upgrade(settings)
        assert ask(ours, LEFT) > 0
        before.drop_unread(ours)
        assert ask(ours, LEFT) > 0
        assert len(rows.fetchall()) > 998
    before.drop_unread(ours)
    assert ask(ours, LEFT) == 0
