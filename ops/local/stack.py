"""The parts of a stack: what `analytics up` starts, in which order, and what each is told."""

import http.client
import os
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from ops import demo
from ops.local import lives
from ops.local.embedded import Postgres, Redis
from ops.local.leash import Leash
from ops.local.processes import free_port
from ops.local.programs import Programs, reporting
from ops.local.supervisor import Lives, Supervisor
from ops.servers import broker_trouble
from shared import sqlfiles
from shared.database import connect, one
from shared.settings import Settings
from workers.install import install

HOST = "127.0.0.1"

READY_LIMIT = 60
"""Seconds in which the API must be able to serve, once everything is calculated."""


class NotReadyError(Exception):
    """The parts run, but no right answer comes; a sentence for people."""


class Stack:
    """With `port` 0 the API gets a free one.

    `demo_users` is None where MentorHub's tables are to be left as they are.
    """

    def __init__(
        self,
        settings: Settings,
        supervisor: Supervisor,
        leash: Leash,
        *,
        port: int,
        demo_users: int | None,
    ) -> None:
        self.settings = settings
        self._port = port
        self._supervisor = supervisor
        self._leash = leash
        self.demo_users = demo_users
        self._postgres: Postgres | None = None
        self._is_ours = False  # MentorHub's database

    def start(self) -> None:
        self._start_servers()
        self._fill_source()
        install(self.settings)
        self._start_programs()

    def _start_servers(self) -> None:
        folder, logs = self.settings.home, self.settings.home / "log"
        if not self.settings.analytics_database_url:
            self._start_postgres(Postgres(folder / "postgres", log=logs / "postgres.log"))
        if not self.settings.redis_url:
            redis = Redis(folder, log=logs / "redis.log")
            self._supervisor.start(
                "Redis", redis, lambda: lives.our_redis(redis.url(), self._supervisor.say)
            )
            self.settings = replace(self.settings, redis_url=redis.url())

    def _start_postgres(self, postgres: Postgres) -> None:
        """Ours, and MentorHub's where nobody names another."""
        self._supervisor.start("PostgreSQL", postgres, lambda: lives.postgres(postgres.socket()))
        self._postgres = postgres
        postgres.create_database("analytics")
        self.settings = replace(self.settings, analytics_database_url=postgres.url("analytics"))
        if not self.settings.source_database_url:
            postgres.create_database("mentorhub")
            self.settings = replace(self.settings, source_database_url=postgres.url("mentorhub"))
            self._is_ours = True

    def _fill_source(self) -> None:
        url = self.settings.source_url()
        if self._is_ours or self.demo_users:
            demo.create_tables(url)
        if self.demo_users and not _is_filled(url):
            demo.fill(url, users=self.demo_users, seed=demo.SEED)

    def _start_programs(self) -> None:
        programs = Programs(
            self.settings,
            self._leash,
            self._url("analytics_reader"),
            self._url("analytics_worker"),
        )
        # As late as this: a port is free until somebody else asks for one.
        self._port = self._port or free_port()
        for name, program, lives_on in (
            ("The worker", programs.worker(), self._lives("worker", self._has_broker)),
            ("Beat", programs.beat(), self._lives("beat", self._has_broker)),
            ("The guard", programs.guard(), self._lives("guard")),
            ("The relay", programs.relay(), self._lives("relay", self._has_broker)),
            ("The API", programs.api(self._port), lambda: lives.api(self.api_url())),
        ):
            self._supervisor.start(name, program, lives_on)
        if not self._supervisor.watch_until(self._is_ready, seconds=READY_LIMIT):
            raise NotReadyError(f"The API is not ready after {READY_LIMIT} seconds.")

    def _lives(self, part: str, needed: Callable[[], bool] = lambda: True) -> Lives:
        return lives.part(part, self.settings.analytics_url(), needed)

    def _has_broker(self) -> bool:
        return broker_trouble(self.settings) is None

    def _url(self, role: str) -> str:
        """As that role in our own server; in another one, what an operator chose."""
        if not self._postgres:
            return self.settings.analytics_url()
        self._postgres.allow_login(role)
        return self._postgres.url("analytics", user=role)

    def description(self) -> dict[str, Any]:
        settings = self.settings
        return {
            "pid": os.getpid(),
            "api_url": self.api_url(),
            "database_url": settings.analytics_url(),
            "source_database_url": settings.source_url(),
            "redis_url": settings.broker_url(),
            "data_folder": self._data_folder(),
            "environment": {
                "ANALYTICS_DATABASE_URL": settings.analytics_url(),
                "SOURCE_DATABASE_URL": settings.source_url(),
                "REDIS_URL": settings.broker_url(),
                "JWT_SECRET_KEY": settings.jwt_secret_key or "",
                **reporting(settings),
            },
        }

    def _data_folder(self) -> str | None:
        """Whose disk our server needs; None for an embedded one, which needs that of the home."""
        return None if self._postgres else lives.data_folder(self.settings.analytics_url())

    def api_url(self) -> str:
        return f"http://{HOST}:{self._port}"

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self._port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _is_filled(source_url: str) -> bool:
    with connect(source_url) as source:
        return bool(one(source, sqlfiles.read("mentorhub/is_filled")))
