"""Two APIs behind the proxy, restarted or upgraded one after the other: no request fails."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from threading import Event

import pytest

from ops.local.embedded import Postgres, Redis
from ops.local.leash import Leash
from ops.local.processes import free_port
from ops.local.programs import Programs
from shared import sqlfiles
from tests.support.mentorhub import ROWS, pair, tell
from tests.support.processes import wait_until
from tests.support.proxy import proxying
from tests.support.server import Client, Server, serving_new
from workers.install import install

ADDRESSES = (
    *("platform", "sessions?days={}", "courses", "revenue?days={}", "metrics/session_day"),
    "metrics/session_hour?hour={}",
)
"""What is asked for again and again, and each time for something else, which nobody remembers."""

ROOT = sqlfiles.ROOT.parent


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


@contextmanager
def proxy(servers: tuple[Server, Server], folder: Path) -> Generator[int]:
    """Its port, with a second line for the second one."""
    (folder / "nginx").mkdir()
    more = {
        "upstream analytics {": "upstream analytics { hash $remote_addr;",
        # nobody here is one of many: how much one may ask is another test's matter
        "limit_req zone=analytics_requests burst=200 nodelay;": "",
    }
    ports = (server.port for server in servers)
    with proxying(folder / "nginx", *ports, more=more) as port:
        assert wait_until((folder / "nginx" / "pid").exists)
        yield port


def ask(port: int, done: Event) -> Counter[int]:
    """Statuses of all that one client asks, one after the other."""
    found: Counter[int] = Counter()
    with closing(Client(port)) as client:
        while not done.is_set():
            for address in ADDRESSES:
                # an hour, and a number of days
                found[client.get(address.format(1 + found.total() % 23)).status] += 1
            time.sleep(0.02)
    return found


@contextmanager
def asking(port: int) -> Generator[Counter[int]]:
    """Four clients meanwhile; at the end the statuses of all that they asked."""
    done, found = Event(), Counter[int]()
    with ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(ask, port, done) for _ in range(4)]
        try:
            yield found
        finally:
            done.set()
    for client in clients:
        found.update(client.result())


def test_a_rolling_restart_costs_no_request(servers: tuple[Server, Server], tmp_path: Path) -> None:
    with proxy(servers, tmp_path) as port, asking(port) as found:
        for server in servers:
            time.sleep(0.5)
            server.program.stop()
            time.sleep(0.5)
            server.program.start()
            assert wait_until(server.is_ready)
    assert found.total() > 100
    assert set(found) == {200}, found


@pytest.fixture
def next_version(tmp_path: Path) -> Path:
    """A copy of this repository in which a metric's measure has another name."""
    for folder in ("api", "workers", "shared", "ops", "sql"):
        shutil.copytree(ROOT / folder, tmp_path / "next" / folder)
    metric = tmp_path / "next" / "sql" / "metric" / "session_hour.sql"
    text = metric.read_text()
    changed = text.replace("  sessions:", "  taken:").replace("AS sessions", "AS taken")
    assert changed.count("taken") == 2
    metric.write_text(changed)
    return tmp_path / "next"


@pytest.fixture
def versions(
    postgres: Postgres, tmp_path: Path, next_version: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Server, Server]]:
    """An API of this version and one of the next, over what this one has installed."""
    with (
        pair(postgres, postgres) as settings,
        Redis(tmp_path / "redis") as redis,
        Leash() as leash,
    ):
        tell(settings.source_url(), *ROWS)
        install(settings)
        told = replace(settings, redis_url=redis.url(), home=tmp_path)
        url = settings.analytics_url()
        ports = free_port(), free_port()
        old = Programs(told, leash, url, url).api(ports[0])
        monkeypatch.setenv("PYTHONPATH", str(next_version))
        new = Programs(told, leash, url, url).api(ports[1])
        try:
            for program in (old, new):
                program.start()
            servers = Server(told, ports[0], redis, old), Server(told, ports[1], redis, new)
            assert wait_until(servers[0].is_ready)
            assert wait_until(lambda: "another version" in not_ready(servers[1]))
            yield servers
        finally:
            for program in (new, old):
                program.stop()


def not_ready(server: Server) -> str:
    """Why; nothing where it doesn't answer, or is ready."""
    with suppress(OSError), closing(HTTPConnection("127.0.0.1", server.port)) as connection:
        connection.request("GET", "/readyz")
        return json.load(connection.getresponse()).get("detail", "")
    return ""


def test_an_upgrade_with_other_definitions_costs_no_request(
    versions: tuple[Server, Server], next_version: Path, tmp_path: Path
) -> None:
    old, new = versions
    with (
        proxy(versions, tmp_path) as port,
        closing(Client(port)) as client,
        asking(port) as found,
    ):
        assert client.get("metrics/session_hour").body["total"] == {"sessions": 2}
        subprocess.run(
            [sys.executable, "-m", "ops", "init"],
            cwd=tmp_path,
            env={**os.environ, **old.settings.environment(), "PYTHONPATH": str(next_version)},
            check=True,
        )
        assert client.get("metrics/session_hour").body["total"] == {"taken": 2}
        # each says which of the two the numbers are for
        assert "another version" in not_ready(old)
        assert new.is_ready()
        old.program.stop()
        time.sleep(0.5)
    assert found.total() > 100
    assert set(found) == {200}, found
