"""The API asked as fast as it answers: beside an empty endpoint, and beside the seed's way."""

import http.client
import os
import socket
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import psutil

from benchmarks.clients import Asked, ask
from benchmarks.measuring import (
    Result,
    at_least,
    filled,
    other_cores,
    pinned,
    result,
    seconds,
)
from ops.local.embedded import Redis
from ops.local.leash import Leash
from ops.local.processes import free_port
from ops.local.programs import Programs
from ops.local.supervisor import Program
from ops.tokens import sign
from shared import sqlfiles
from shared.database import connect
from shared.settings import Settings

SESSIONS = 2_000_000

ROOT = "/api/v1/analytics"

PLACES = (
    "platform",
    "user-growth?days=30",
    "user-growth?days=365",
    "sessions?days=30",
    "sessions?days=365",
    "courses?limit=100",
    "revenue?days=30",
    "revenue?days=365",
    "user/2/engagement",
    "me/engagement",
)

STREAMS, STREAMS_OF_A_USER = 1000, 10

SERVERS_CORE = 0


class Served:
    """The API and the empty endpoint, each on a port of its own, both on one core."""

    def __init__(self, settings: Settings, port: int, empty_port: int) -> None:
        self.settings, self.port, self.empty_port = settings, port, empty_port
        self.token = self.sign(1, "admin")

    def sign(self, user_id: int, role: str) -> str:
        return sign(self.settings, user_id=user_id, role=role, expires=timedelta(hours=3))

    def ask(self, place: str, tag: str | None = None, *, for_seconds: float = 1.5) -> Asked:
        return ask(self.port, f"{ROOT}/{place}", self.token, for_seconds, tag)

    def ask_empty(self) -> Asked:
        return ask(self.empty_port, "/empty", self.token, 1.5)

    def tag(self, place: str) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        headers = {"Authorization": f"Bearer {self.token}"}
        connection.request("GET", f"{ROOT}/{place}", headers=headers)
        return connection.getresponse().headers["ETag"]


def measure(sessions: int = SESSIONS) -> Iterator[Result]:
    """`sessions`: of the platform whose numbers are asked for."""
    with filled(sessions) as settings, _serving(settings) as served:
        yield from _beside_an_empty_endpoint(served)
        yield from _with_streams(served)
        yield from _beside_the_seeds_way(served)


@contextmanager
def _serving(settings: Settings) -> Generator[Served]:
    os.environ["PYTHONPATH"] = str(sqlfiles.ROOT.parent)
    with TemporaryDirectory() as folder, Redis(Path(folder)) as redis, Leash() as leash:
        unlimited = replace(
            settings,
            redis_url=redis.url(),
            jwt_secret_key=os.urandom(32).hex(),
            rate_limit_per_user="",
            connections_per_address=0,
            home=Path(folder),
        )
        url = settings.analytics_url()
        programs = Programs(unlimited, leash, url, url)
        served = Served(unlimited, free_port(), free_port())
        started = [programs.api(served.port), programs.api(served.empty_port, "benchmarks.empty")]
        for program in started:
            program.start()
        _wait_for(served)
        _pin(started)
        try:
            with pinned(other_cores(SERVERS_CORE)):
                yield served
        finally:
            for program in started:
                program.stop()


def _wait_for(served: Served) -> None:
    for port in (served.port, served.empty_port):
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                continue


def _pin(servers: list[Program]) -> None:
    """To one core; whoever asks them takes the others."""
    for process in [server.process for server in servers if server.process]:
        main = psutil.Process(process.pid)
        for each in (main, *main.children(recursive=True)):
            for thread in each.threads():
                psutil.Process(thread.id).cpu_affinity([SERVERS_CORE])


def _beside_an_empty_endpoint(served: Served) -> Iterator[Result]:
    for place in PLACES:
        tag = served.tag(place)
        pairs = [(served.ask_empty(), served.ask(place), served.ask(place, tag)) for _ in range(3)]
        rate = median(answer.rate / empty.rate for empty, answer, _ in pairs)
        p99 = median(answer.p99 / empty.p99 for empty, answer, _ in pairs)
        not_modified = median(answer.rate / empty.rate for empty, _, answer in pairs)
        yield at_least(f"{place}: requests/s beside an empty endpoint", rate, "x", 0.8)
        yield result(f"{place}: p99 beside it", p99, "x", 1.5)
        yield at_least(f"{place}: 304 beside it", not_modified, "x", 0.9)
    yield result("the empty endpoint, one core", median(e.rate for e, *_ in pairs), "requests/s")
    whole = served.ask("courses").rate
    yield result("courses, all of them", whole, "requests/s")


def _with_streams(served: Served) -> Iterator[Result]:
    for place in ("platform", "revenue?days=365"):
        ratios: list[float] = []
        for _ in range(3):
            alone = served.ask(place, for_seconds=3).rate
            with _streams(served):
                ratios.append(served.ask(place, for_seconds=3).rate / alone)
        name = f"{place}: requests/s beside {STREAMS:,} open streams / without"
        yield at_least(name, median(ratios), "x", 0.9)


@contextmanager
def _streams(served: Served) -> Generator[None]:
    with ExitStack() as opened:
        for number in range(STREAMS):
            connection = opened.enter_context(socket.create_connection(("127.0.0.1", served.port)))
            token = served.sign(2 + number // STREAMS_OF_A_USER, "student")
            connection.sendall(
                f"GET {ROOT}/stream HTTP/1.1\r\nHost: localhost\r\n"
                f"Authorization: Bearer {token}\r\n\r\n".encode()
            )
            if not connection.recv(1000).startswith(b"HTTP/1.1 200"):
                raise RuntimeError("A stream was refused.")
        yield


def _beside_the_seeds_way(served: Served) -> Iterator[Result]:
    """One query after the other at request time, over one connection, without any HTTP."""
    with connect(served.settings.analytics_url()) as connection:
        connection.execute("CREATE INDEX ON public.users (created_at)")
        connection.execute("CREATE INDEX ON public.sessions (created_at)")
        connection.execute("CREATE INDEX ON public.payments (created_at)")
        connection.execute("ANALYZE")

        def query(name: str, days: int) -> Callable[[], object]:
            sql = sqlfiles.read(f"benchmark/{name}").encode()
            return lambda: connection.execute(sql, {"days": days}).fetchall()

        for place, name, days in (
            ("platform", "seed_platform", 30),
            ("sessions?days=30", "seed_sessions", 30),
            ("sessions?days=365", "seed_sessions", 365),
        ):
            seed = median(seconds(query(name, days)) for _ in range(5))
            ours = 1 / median(served.ask(place).rate for _ in range(3))
            yield result(f"{place}: the seed's queries", 1000 * seed, "ms")
            yield at_least(f"{place}: the seed's queries / our answer", seed / ours, "x", 100)
