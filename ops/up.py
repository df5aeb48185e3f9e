"""`analytics up`: everything in the foreground until Ctrl-C."""

import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from types import FrameType
from typing import NoReturn

from rich.console import Console

from ops import demo as demo_data
from ops.embedded import Postgres, Redis
from ops.home import Home
from ops.leash import Leash
from ops.processes import free_port
from ops.programs import Programs
from ops.supervisor import CrashLoopError, Supervisor
from ops.tokens import sign
from shared import sqlfiles
from shared.database import connect
from shared.errors import ConfigurationError
from shared.settings import Settings
from workers.install import install

HOST = "127.0.0.1"

READY_LIMIT = 60
"""Seconds in which the API must be able to serve, once everything is calculated."""

_console = Console(soft_wrap=True, highlight=False)


def up(settings: Settings, *, port: int, demo: bool, users: int = 20_000) -> None:
    """Run the stack of `settings.home` until SIGINT or SIGTERM.

    Raises ConfigurationError for what its user can mend; exits with 1 when a child won't stay up.
    """
    _check_databases(settings)
    home = Home(settings.home)
    with home.locked(), _until_asked_to_stop():
        settings = _with_signing_key(settings, home, demo=demo)
        port = _usable_port(port)
        try:
            with Leash() as leash, Supervisor(_say) as supervisor:
                stack = _Stack(settings, supervisor, leash, users if demo else None)
                try:
                    stack.start(port)
                    home.publish(stack.description(port))
                    stack.summarise(port)
                    supervisor.watch(until=lambda: False)
                except KeyboardInterrupt:
                    _say("Stopping …")
                    raise
        except CrashLoopError as error:
            sys.exit(f"analytics: {error} See {settings.home / 'log'}.")


class _Stack:
    """`demo_users` is None where MentorHub's tables are to be left as they are."""

    def __init__(
        self, settings: Settings, supervisor: Supervisor, leash: Leash, demo_users: int | None
    ) -> None:
        self._settings = settings
        self._supervisor = supervisor
        self._leash = leash
        self._demo_users = demo_users
        self._postgres: Postgres | None = None

    def start(self, port: int) -> None:
        self._start_servers()
        self._fill_source()
        install(self._settings)
        self._start_programs(port)

    def _start_servers(self) -> None:
        folder, logs = self._settings.home, self._settings.home / "log"
        if not self._settings.analytics_database_url:
            postgres = Postgres(folder / "postgres", log=logs / "postgres.log")
            self._supervisor.start("PostgreSQL", postgres)
            for database in ("mentorhub", "analytics"):
                postgres.create_database(database)
            self._postgres = postgres
            self._settings = replace(
                self._settings,
                analytics_database_url=postgres.url("analytics"),
                source_database_url=postgres.url("mentorhub"),
            )
        if not self._settings.redis_url:
            redis = Redis(folder, log=logs / "redis.log")
            self._supervisor.start("Redis", redis)
            self._settings = replace(self._settings, redis_url=redis.url())

    def _fill_source(self) -> None:
        url = self._settings.source_url()
        if self._postgres or self._demo_users:
            demo_data.create_tables(url)
        if self._demo_users and not _is_filled(url):
            demo_data.fill(url, users=self._demo_users, seed=1)

    def _start_programs(self, port: int) -> None:
        programs = Programs(
            self._settings,
            self._leash,
            self._url("analytics_reader"),
            self._url("analytics_worker"),
        )
        for name, program in (
            ("The worker", programs.worker()),
            ("Beat", programs.beat()),
            ("The API", programs.api(port)),
        ):
            self._supervisor.start(name, program)
        deadline = time.monotonic() + READY_LIMIT
        self._supervisor.watch(until=lambda: _is_ready(port) or time.monotonic() > deadline)
        if not _is_ready(port):
            raise CrashLoopError(f"The API is not ready after {READY_LIMIT} seconds.")

    def _url(self, role: str) -> str:
        """As that role in our own server; in another one, what an operator chose."""
        if not self._postgres:
            return self._settings.analytics_url()
        self._postgres.allow_login(role)
        return self._postgres.url("analytics", user=role)

    def description(self, port: int) -> dict[str, object]:
        settings = self._settings
        return {
            "pid": os.getpid(),
            "api_url": _api_url(port),
            "database_url": settings.analytics_url(),
            "source_database_url": settings.source_url(),
            "redis_url": settings.broker_url(),
            "environment": {
                "ANALYTICS_DATABASE_URL": settings.analytics_url(),
                "SOURCE_DATABASE_URL": settings.source_url(),
                "REDIS_URL": settings.broker_url(),
                "JWT_SECRET_KEY": settings.signing_key(),
            },
        }

    def summarise(self, port: int) -> None:
        address = _api_url(port)
        _console.print(
            f"\n[bold green]Analytics is running.[/] Ctrl-C stops everything.\n\nAPI  {address}"
        )
        people = demo_data.someone(self._settings.source_url()) if self._demo_users else {}
        for name, role in (("Admin", "admin"), ("Learner", "student")):
            if role in people:
                token = sign(
                    self._settings, user_id=people[role], role=role, expires=timedelta(days=1)
                )
                _console.print(f"\n[bold]{name} token[/]  {token}")


def _say(sentence: str) -> None:
    _console.print(sentence, markup=False)


def _check_databases(settings: Settings) -> None:
    if bool(settings.analytics_database_url) != bool(settings.source_database_url):
        raise ConfigurationError(
            "ANALYTICS_DATABASE_URL and SOURCE_DATABASE_URL belong together: "
            "set both, or neither to run embedded databases."
        )


def _with_signing_key(settings: Settings, home: Home, *, demo: bool) -> Settings:
    if demo and not settings.jwt_secret_key:
        return replace(settings, jwt_secret_key=home.secret())
    settings.signing_key()
    return settings


def _usable_port(port: int) -> int:
    if port == 0:
        return free_port()
    with socket.socket() as probe:
        # As servers do: connections that only just ended don't keep it busy.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it must be below 65536"
            raise ConfigurationError(
                f"Port {port} can't be used ({reason}): choose another with --port, "
                "0 for any that is free."
            ) from None
    return port


@contextmanager
def _until_asked_to_stop() -> Generator[None]:
    """SIGTERM and a closed terminal are Ctrl-C too; once is enough, a second can't break the end."""
    signals = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup wants it
        signals.append(signal.SIGHUP)

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in signals}
    try:
        yield
    except KeyboardInterrupt:
        _console.print("Everything is stopped.")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_filled(source_url: str) -> bool:
    with connect(source_url) as source:
        row = source.execute(sqlfiles.read("mentorhub/is_filled").encode()).fetchone()
    return bool(row and row[0])


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _api_url(port: int) -> str:
    return f"http://{HOST}:{port}"
