"""The API as it runs: Granian, a Redis, a database that tests write and fold."""

import http.client
import json
import socket
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ops.local.embedded import Postgres, Redis
from ops.local.leash import Leash
from ops.local.processes import free_port
from ops.local.programs import Programs
from ops.local.supervisor import Program
from shared.database import connect
from shared.settings import Settings
from tests.support.databases import DEFAULTS, database
from tests.support.processes import wait_until
from tests.support.tokens import bearer, sign
from tests.support.world import ADMIN, fill
from workers.rebuild import rebuild

ROOT = "/api/v1/analytics"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    data: bytes

    @property
    def text(self) -> str:
        return self.data.decode()

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def as_of(self) -> datetime:
        return datetime.fromisoformat(self.headers["X-Analytics-As-Of"])


class Client:
    """One client with a connection of its own."""

    def __init__(self, port: int, user_id: int = ADMIN) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._token = bearer(sign(user_id))

    @property
    def identity(self) -> dict[str, str]:
        """The header that says who asks."""
        return self._token

    def get(self, place: str, **headers: str) -> Answer:
        self._connection.request("GET", f"{ROOT}/{place}", headers=self._token | headers)
        response = self._connection.getresponse()
        return Answer(response.status, response.headers, response.read())

    @property
    def socket(self) -> socket.socket | None:
        return self._connection.sock

    def listen(self, query: str = "", **headers: str) -> http.client.HTTPResponse:
        """An open stream."""
        self._connection.request("GET", f"{ROOT}/stream{query}", headers=self._token | headers)
        return self._connection.getresponse()

    def close(self) -> None:
        self._connection.close()


@dataclass(frozen=True)
class Server:
    settings: Settings
    port: int
    redis: Redis
    program: Program
    clients: list[Client] = field(default_factory=list)

    def client(self, user_id: int = ADMIN) -> Client:
        """Closed at the end."""
        self.clients.append(Client(self.port, user_id))
        return self.clients[-1]

    def is_ready(self) -> bool:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)) as connection:
            try:
                connection.request("GET", "/readyz")
                return connection.getresponse().status == 200
            except OSError:
                return False

    def close_clients(self) -> None:
        for client in self.clients:
            client.close()
        self.clients.clear()


@contextmanager
def serving_new(
    postgres: Postgres, template: str, name: str, folder: Path, *, more: str = "", **chosen: Any
) -> Generator[Server]:
    """A server with `chosen` settings for a new database `name`, dropped at the end.

    `more`: see `serving`.
    """
    with database(postgres, name, template) as url:
        settings = replace(DEFAULTS, analytics_database_url=url, **chosen)
        with serving(settings, folder, more) as server:
            yield server


def server_of_a_module(name: str, **chosen: Any) -> Any:
    """A fixture: a server for a new database of the name, for the tests of one module.

    `chosen`: as of `serving_new`.
    """

    @pytest.fixture(scope="module", name="server")
    def serve(
        postgres: Postgres, analytics_template: str, tmp_path_factory: pytest.TempPathFactory
    ) -> Iterator[Server]:
        folder = tmp_path_factory.mktemp("server")
        with serving_new(postgres, analytics_template, name, folder, **chosen) as running:
            yield running

    return serve


@contextmanager
def serving(settings: Settings, folder: Path, more: str = "") -> Generator[Server]:
    """A server for the database of `settings`, with the small MentorHub of the other tests.

    `more`: SQL that writes what else its mirror holds.
    """
    with connect(settings.analytics_url()) as connection:
        fill(connection)
        connection.execute(more.encode())
    rebuild(settings)
    with Redis(folder / "redis") as redis, Leash() as leash:
        told = replace(
            settings,
            redis_url=redis.url(),
            home=folder,
            rate_limit_per_user="",
            rate_limit_per_address="",
        )
        port = free_port()
        url = settings.analytics_url()
        program = Programs(told, leash, url, url).api(port)
        server = Server(told, port, redis, program)
        program.start()
        try:
            assert wait_until(server.is_ready)
            yield server
        finally:
            server.close_clients()
            program.stop()
