"""Two APIs behind the proxy, restarted one after the other: no request fails."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from ops.local.embedded import Postgres
from ops.local.leash import Leash
from ops.local.processes import free_port
from ops.local.programs import Programs
from tests.support.processes import wait_until
from tests.support.proxy import proxying
from tests.support.server import Client, Server, serving_new

ADDRESSES = ("platform", "sessions?days=7", "courses", "revenue", "metrics/session_day")


@pytest.fixture
def servers(
    postgres: Postgres, analytics_template: str, tmp_path: Path
) -> Iterator[tuple[Server, Server]]:
    """Two over one database and Redis."""
    with (
        serving_new(postgres, analytics_template, "test_rolling", tmp_path) as first,
        Leash() as leash,
    ):
        port, url = free_port(), first.settings.analytics_url()
        second = replace(
            first, port=port, program=Programs(first.settings, leash, url, url).api(port)
        )
        second.program.start()
        try:
            assert wait_until(second.is_ready)
            yield first, second
        finally:
            second.program.stop()


@pytest.fixture
def proxy(servers: tuple[Server, Server], tmp_path: Path) -> Iterator[int]:
    """With a second line for the second one."""
    (folder := tmp_path / "nginx").mkdir()
    more = {
        "upstream analytics {": "upstream analytics { hash $remote_addr;",
        # nobody here is one of many: how much one may ask is another test's matter
        "limit_req zone=analytics_requests burst=200 nodelay;": "",
    }
    with proxying(folder, *(server.port for server in servers), more=more) as port:
        assert wait_until((folder / "pid").exists)
        yield port


def ask(port: int, done: Event) -> Counter[int]:
    """Statuses of all that one client asks, one after the other."""
    found: Counter[int] = Counter()
    with closing(Client(port)) as client:
        while not done.is_set():
            for address in ADDRESSES:
                found[client.get(address).status] += 1
            time.sleep(0.02)
    return found


def test_a_rolling_restart_costs_no_request(servers: tuple[Server, Server], proxy: int) -> None:
    done = Event()
    asking: list[Future[Counter[int]]] = []
    with ThreadPoolExecutor(4) as pool, ExitStack() as ending:
        ending.callback(done.set)
        asking += [pool.submit(ask, proxy, done) for _ in range(4)]
        for server in servers:
            time.sleep(0.5)
            server.program.stop()
            time.sleep(0.5)
            server.program.start()
            assert wait_until(server.is_ready)
        done.set()
    found = sum((each.result() for each in asking), Counter[int]())
    assert found.total() > 100
    assert set(found) == {200}, found
