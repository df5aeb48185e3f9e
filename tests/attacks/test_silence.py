"""A server behind us that is frozen, or beyond a network that loses packets, and never says so."""

import http.client
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from ops.local.embedded import Redis
from ops.rebuild import request
from ops.status import collect
from shared.database import ServerSilentError, connect
from shared.errors import ServerUnavailableError
from shared.settings import Settings
from tests.support.processes import wait_until
from tests.support.server import Server, serving
from tests.support.wire import Wire

READERS = 24
"""Three times as many as the API has threads."""


@pytest.fixture
def wire(settings: Settings) -> Iterator[Wire]:
    folder = conninfo_to_dict(settings.analytics_url())["host"]
    with Wire(f"{folder}/.s.PGSQL.5432") as wire:
        yield wire


@pytest.fixture
def behind(wire: Wire, settings: Settings) -> Settings:
    """Settings of an API that reaches its database by the wire."""
    given = conninfo_to_dict(settings.analytics_url())
    through = f"postgresql://{given['user']}@127.0.0.1:{wire.port}/{given['dbname']}"
    return replace(settings, read_database_url=through)


@pytest.fixture
def served(behind: Settings, tmp_path: Path) -> Iterator[Server]:
    with serving(behind, tmp_path) as server:
        yield server


def health(server: Server) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=2)) as connection:
        connection.request("GET", "/healthz")
        return connection.getresponse().status


def test_a_silent_database_is_a_503_for_everybody_and_forgiven_when_it_speaks(
    served: Server, wire: Wire
) -> None:
    clients = [served.client() for _ in range(READERS)]
    assert clients[0].get("platform").status == 200
    wire.cut()
    with ThreadPoolExecutor(READERS) as readers:
        # not what is remembered: that needs no database for a moment longer
        days = range(1, READERS + 1)
        asked = [
            readers.submit(one.get, f"sessions?days={n}")
            for one, n in zip(clients, days, strict=True)
        ]
        assert [health(served) for _ in range(10)] == [200] * 10
        answers = [each.result() for each in asked]
    assert {answer.status for answer in answers} == {503}
    assert all(answer.headers["Retry-After"] for answer in answers)
    wire.mend()
    assert wait_until(lambda: clients[0].get("sessions?days=9").status == 200)


def test_who_asks_after_others_waited_in_vain_does_not_wait(served: Server, wire: Wire) -> None:
    client = served.client()
    wire.cut()
    # the first one waits, and says for the others that there is silence
    statuses = {client.get("platform").status for _ in range(2)}
    assert 503 in statuses
    assert wait_until(lambda: client.get("platform").status == 503)
    wire.mend()
    assert wait_until(lambda: client.get("platform").status == 200)


def test_a_connection_ends_that_waits_for_a_silent_server(behind: Settings, wire: Wire) -> None:
    with connect(behind.read_database_url or "", patience=0.5) as connection:
        wire.cut()
        with pytest.raises(ServerSilentError, match="no answer within"):
            connection.execute("SELECT 1")
        assert connection.closed


def test_nobody_waits_for_a_log_in_that_is_not_answered(behind: Settings, wire: Wire) -> None:
    wire.cut()
    with pytest.raises(ServerUnavailableError, match="timeout"):
        connect(behind.read_database_url or "")


def test_every_connection_notices_a_machine_that_is_gone(settings: Settings) -> None:
    with connect(settings.analytics_url()) as connection:
        parameters = connection.info.get_parameters()
    for name in ("keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"):
        assert int(parameters[name]) > 0


def test_with_a_frozen_redis_status_says_so_and_a_rebuild_is_refused(
    settings: Settings, tmp_path: Path
) -> None:
    with Redis(tmp_path / "redis") as redis:
        settings = replace(settings, redis_url=redis.url())
        process = redis.process
        assert process
        os.kill(process.pid, signal.SIGSTOP)
        try:
            assert collect(settings)["broker"] is False
            with pytest.raises(ServerUnavailableError, match="Redis does not answer"):
                request(settings, {})
        finally:
            os.kill(process.pid, signal.SIGCONT)


def test_with_a_frozen_redis_the_api_goes_on(served: Server) -> None:
    process = served.redis.process
    assert process
    os.kill(process.pid, signal.SIGSTOP)
    try:
        client = served.client()
        answers = [client.get(f"sessions?days={n}").status for n in range(1, 9)]
        assert answers == [200] * 8
    finally:
        os.kill(process.pid, signal.SIGCONT)
