"""The whole stack under load: freshness, throughput, and what MentorHub notices of it."""

import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, LiteralString, NamedTuple, Self
from urllib.parse import urlsplit

import psutil
import psycopg

from benchmarks.measuring import Result, at_least, other_cores, pinned, quantile, result
from ops.demo import SEED, fill
from ops.local.embedded import Postgres, wheel_binaries
from ops.tokens import sign
from shared.home import running_stack
from shared.settings import load

ANALYTICS = Path(sys.executable).with_name("analytics")
SESSION: LiteralString = (
    "INSERT INTO sessions"
    " (student_id, mentor_id, scheduled_at, duration_minutes, status, created_at, updated_at)"
    " VALUES (%s, %s, now(), 60, 'SCHEDULED', now(), now())"
)
STATUS: LiteralString = "UPDATE sessions SET status = 'COMPLETED', updated_at = now() WHERE id = %s"
PROGRESS: LiteralString = (
    "UPDATE course_enrollments SET progress_percent = %s, updated_at = now()"
    " WHERE id BETWEEN %s AND %s"
)
REVIEW: LiteralString = (
    "INSERT INTO reviews (user_id, course_id, rating, created_at, updated_at)"
    " VALUES (%s, %s, 5, now(), now())"
)

MENTORS = 300
"""Fewer than the demo has."""

MENTORHUBS_CORE = 0

ROUNDS = 15

CAUGHT_UP = 2
"""Seconds that answers may lie behind while nothing happens."""

Asker = Callable[[str], tuple[datetime, Any]]


class Live:
    """A running demo, as its users and its dashboards see it."""

    def __init__(self, home: Path) -> None:
        stack: dict[str, Any] = running_stack(home) or {}
        self.source_url: str = stack["source_database_url"]
        self.database_url: str = stack["database_url"]
        self.redis_url: str = stack["redis_url"]
        self._supervisor = psutil.Process(stack["pid"])
        self.address = urlsplit(str(stack["api_url"])).netloc
        self._settings = load(home)
        self._token = self.token(1)

    def token(self, user_id: int) -> str:
        """An admin's."""
        return sign(self._settings, user_id=user_id, role="admin", expires=timedelta(hours=3))

    @property
    def dashboard(self) -> str:
        """Where a browser sees it, signed in."""
        return f"http://{self.address}/dashboard/#token={self._token}"

    def asker(self) -> Asker:
        """Asks over a connection of its own; the answer is as of when, and its body."""
        connection = HTTPConnection(self.address, timeout=60)

        def ask(path: str) -> tuple[datetime, Any]:
            headers = {"Authorization": f"Bearer {self._token}"}
            connection.request("GET", f"/api/v1/analytics/{path}", headers=headers)
            answer = connection.getresponse()
            as_of = datetime.fromisoformat(answer.headers["X-Analytics-As-Of"])
            return as_of, json.loads(answer.read())

        return ask

    def lag(self, ask: Asker) -> float:
        """Seconds that answers lie behind."""
        return (datetime.now(UTC) - ask("platform")[0]).total_seconds()

    def keep_off(self, core: int, *others: str) -> None:
        """Bind all processes, and those that they start, to the other cores.

        `others`: databases whose servers are to keep off, too.
        """
        parents = [self._supervisor]
        for url in (self.database_url, self.source_url, *others):
            with psycopg.connect(url) as connection:
                parents.append(psutil.Process(connection.info.backend_pid).parents()[0])
        for parent in parents:
            for process in (parent, *parent.children(recursive=True)):
                process.cpu_affinity(list(other_cores(core)))

    def memory(self) -> Counter[str]:
        """MB that each kind of process has to itself."""
        taken: Counter[str] = Counter()
        for process in self._supervisor.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                taken[_kind(process)] += round(process.memory_full_info().uss / 1e6)
        return taken

    def cpu(self) -> Counter[str]:
        """Milliseconds that each kind of process has spent so far."""
        spent: Counter[str] = Counter()
        for process in (psutil.Process(), *self._supervisor.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                spent[_kind(process)] += round(1000 * (times.user + times.system))
        return spent

    @contextmanager
    def stopped(self) -> Generator[None]:
        """Without us: nothing of ours runs or replicates, the servers do."""
        children = self._supervisor.children()
        ours = [c for c in children if not {"postgres", "valkey-server"} & {c.name()}]
        programs = [one for child in ours for one in (child, *child.children(recursive=True))]
        for program in programs:
            program.suspend()
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute("ALTER SUBSCRIPTION mentorhub_analytics DISABLE")
            yield
            connection.execute("ALTER SUBSCRIPTION mentorhub_analytics ENABLE")
        for program in programs:
            program.resume()


KINDS = {
    "walsender": "MentorHub's WAL sender",
    "logical replication apply": "the apply worker, with capture",
    " mentorhub ": "MentorHub's backends",
    " analytics ": "our backends: fold, audit, answers",
    "celery": "Celery",
    "granian": "the API",
    "benchmarks": "whoever writes",
}


def _kind(process: psutil.Process) -> str:
    title = " ".join(process.cmdline())
    return next((kind for word, kind in KINDS.items() if word in title), "others")


def measure(users: int = 20_000, seconds: float = 60) -> Iterator[Result]:
    """`seconds`: of each measurement."""
    with demo(users) as live:
        yield from _freshness(live, seconds)
        yield from _throughput(live, seconds)
        yield from _bulk_import(live)
        yield from _peak(live, seconds / 3)
    with _servers_apart() as (theirs, twin, ours):
        environment = {
            "SOURCE_DATABASE_URL": theirs,
            "ANALYTICS_DATABASE_URL": ours,
            "JWT_SECRET_KEY": secrets.token_hex(),
        }
        with demo(users, environment) as live:
            fill(twin, users=users, seed=SEED)
            yield from _what_mentorhub_notices(live, twin, seconds / 3)


@contextmanager
def _servers_apart() -> Generator[list[str]]:
    """Databases of MentorHub, of a twin that nobody follows, and ours, each in its own server."""
    with TemporaryDirectory(prefix="analytics-bench-") as folder, ExitStack() as servers:
        Path(folder).chmod(0o755)
        urls: list[str] = []
        for name in ("mentorhub", "twin", "analytics"):
            server = servers.enter_context(Postgres(Path(folder) / name))
            server.create_database(name)
            urls.append(server.url(name))
        yield urls


@contextmanager
def demo(users: int, environment: dict[str, str] | None = None) -> Generator[Live]:
    """The demo, running, with so many users."""
    with TemporaryDirectory(prefix="analytics-bench-") as folder:
        Path(folder).chmod(0o755)
        home = Path(folder) / "home"
        command = [ANALYTICS, "up", "--demo", "--users", str(users), "--port", "0", "--home", home]
        # One user asks as fast as they can.
        unlimited = os.environ | (environment or {}) | {"RATE_LIMIT_PER_USER": ""}
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, cwd=folder, env=unlimited
        ) as process:
            try:
                while not (home / "lock").exists() or running_stack(home) is None:
                    time.sleep(0.5)
                yield Live(home)
            finally:
                process.send_signal(signal.SIGINT)


class _Watch:
    """Polls an answer, and notes how long after its commit each of some rows is counted in it."""

    def __init__(self, live: Live, path: str, pick: Callable[[Any], int]) -> None:
        self.committed: list[float] = []
        self.seen: list[float] = []
        self._ask, self._path, self._pick = live.asker(), path, pick
        self._before = self._count()

    def _count(self) -> int:
        return self._pick(self._ask(self._path)[1])

    def poll(self, done: threading.Event, patience: float = 20) -> None:
        """Until everything was seen, or patience ends."""
        ends = None
        while True:
            counted = min(self._count() - self._before, len(self.committed))
            now = time.perf_counter()
            self.seen += [now - at for at in self.committed[len(self.seen) : counted]]
            if done.is_set():
                ends = ends or now + patience
                if len(self.seen) == len(self.committed) or now > ends:
                    return
            time.sleep(0.025)


def _freshness(live: Live, seconds: float) -> Iterator[Result]:
    """200 single-row commits a second, and how long it takes until an HTTP answer shows each."""
    sessions = _Watch(live, "sessions?days=30", lambda body: body["analytics"]["total"])
    reviews = _Watch(live, "platform", lambda body: body["reviews"]["total"])
    done = threading.Event()
    threads = [threading.Thread(target=each.poll, args=(done,)) for each in (sessions, reviews)]
    threads.append(threading.Thread(target=_browse, args=(live, done)))
    for thread in threads:
        thread.start()
    with psycopg.connect(live.source_url, autocommit=True) as connection:
        for number in paced(200, seconds):
            _commit(connection, number, sessions, reviews)
    done.set()
    for thread in threads:
        thread.join()
    seen = sorted(sessions.seen + reviews.seen)
    lost = len(sessions.committed) + len(reviews.committed) - len(seen)
    what = "commit to HTTP answer, 200 commits/s"
    yield result(f"{what}, p50", 1000 * quantile(seen, 0.5), "ms", 100)
    yield result(f"{what}, p99", 1000 * quantile(seen, 0.99), "ms", 500)
    yield result(f"{what}, never seen", lost, "commits", 0)


def _commit(
    connection: psycopg.Connection[Any], number: int, sessions: _Watch, reviews: _Watch
) -> None:
    statement, values = mixed(number)
    connection.execute(statement, values)
    watch = {SESSION: sessions, REVIEW: reviews}.get(statement)
    if watch:
        watch.committed.append(time.perf_counter())


def mixed(number: int) -> tuple[LiteralString, list[int]]:
    """Of ten commits: four sessions, three changes of status, two of progress, one review."""
    some = 1 + number * 7919 % 3000
    match number % 10:
        case 0 | 1 | 2 | 3:
            return SESSION, [some, 1 + number * 31 % MENTORS]
        case 4 | 5 | 6:
            return STATUS, [some]
        case 7 | 8:
            return PROGRESS, [number % 101, some, some]
        case _:
            return REVIEW, [some, 1 + number % 50]


def _browse(live: Live, done: threading.Event) -> None:
    """A dashboard that looks at everything once a second."""
    ask = live.asker()
    while not done.wait(1):
        for path in ("user-growth?days=30", "revenue?days=30", "courses", "me/engagement"):
            ask(path)


def _throughput(live: Live, seconds: float) -> Iterator[Result]:
    """50 transactions of 100 updates a second: 10,000 signed rows."""
    ask, lags, number = live.asker(), [0.0], 0
    with psycopg.connect(live.source_url, autocommit=True) as connection:
        started = time.perf_counter()
        for number in paced(50, seconds):
            first = 1 + number * 100 % 50_000
            connection.execute(PROGRESS, [number % 101, first, first + 99])
            if number % 50 == 0:
                lags.append(live.lag(ask))
        written = 200 * (number + 1) / (time.perf_counter() - started)
    yield at_least("signed rows a second, sustained", written, "rows/s", 9_900)
    yield result("how far answers lay behind meanwhile, at most", max(lags), "s", 5)


def _bulk_import(live: Live) -> Iterator[Result]:
    """300,000 sessions in one transaction, and a review committed every 50 ms meanwhile."""
    rows = 300_000
    sessions = _Watch(live, "sessions?days=30", lambda body: body["analytics"]["total"] // rows)
    reviews = _Watch(live, "platform", lambda body: body["reviews"]["total"])
    done, right = threading.Event(), threading.Event()
    threads = [
        threading.Thread(target=sessions.poll, args=(done, 120)),
        threading.Thread(target=reviews.poll, args=(right, 120)),
        threading.Thread(target=_import, args=(live, rows, sessions, done)),
    ]
    for thread in threads:
        thread.start()
    with psycopg.connect(live.source_url, autocommit=True) as connection:
        while threads[0].is_alive():
            connection.execute(REVIEW, [1, 1])
            reviews.committed.append(time.perf_counter())
            time.sleep(0.05)
    right.set()
    for thread in threads:
        thread.join()
    yield result("bulk import of 300,000 rows: commit to right", max(sessions.seen), "s", 30)
    yield result("a single commit beside it: to right, at most", max(reviews.seen), "s", 30)


def _import(live: Live, rows: int, sessions: _Watch, done: threading.Event) -> None:
    with psycopg.connect(live.source_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO sessions (student_id, mentor_id, scheduled_at, duration_minutes, status,"
            " created_at, updated_at)"
            " SELECT 1 + n %% 15000, 1 + n %% 40, now(), 60, 'COMPLETED', now(), now()"
            " FROM generate_series(1, %s) AS n",
            [rows],
        )
    sessions.committed.append(time.perf_counter())
    done.set()


def _peak(live: Live, seconds: float) -> Iterator[Result]:
    """As many transactions as everything together on this machine's cores can make."""
    with live.stopped():
        alone, _ = _pushed(live, seconds)
    while live.lag(live.asker()) > CAUGHT_UP:
        time.sleep(0.5)
    beside, spent = _pushed(live, seconds)
    yield result("peak transactions/s without us", alone, "tps")
    yield result("peak transactions/s with us on the same cores", beside, "tps")
    for who, cpu in spent.most_common(6):
        yield result(f"CPU meanwhile: {who}", 100 * cpu / spent.total(), "%")


def _pushed(live: Live, seconds: float) -> tuple[float, Counter[str]]:
    """Transactions a second of four connections that don't pause, and who spent how much CPU."""
    with ExitStack() as open_ones, ThreadPoolExecutor(4) as pool:
        connections = [
            open_ones.enter_context(psycopg.connect(live.source_url, autocommit=True))
            for _ in range(4)
        ]
        before, ends = live.cpu(), time.perf_counter() + seconds
        made = sum(pool.map(partial(_push, ends), range(4), connections))
        # while the backends are there: those that have ended spent nothing that could be asked for
        spent = live.cpu() - before
    return made / seconds, spent


def _push(ends: float, number: int, connection: psycopg.Connection[Any]) -> int:
    made = 0
    while time.perf_counter() < ends:
        made += 1
        some = 1 + (4 * made + number) * 7919 % 50_000
        connection.execute(PROGRESS, [made % 101, some, some])
    return made


def _what_mentorhub_notices(live: Live, twin: str, seconds: float) -> Iterator[Result]:
    """500 transactions a second: their latency, and the CPU of the backend that makes them.

    A twin of MentorHub's server, which nobody follows, makes the same transactions, each 1 ms
    later: it feels whatever else this machine and its disk do, our own work too. So what we cost
    MentorHub's server is what it pays more than its twin. A bare reader in our place shows how much
    of that is PostgreSQL's own: its backends wake whoever follows with each commit.
    """
    live.keep_off(MENTORHUBS_CORE, twin)
    rounds: list[tuple[_Both, _Both, _Both]] = []
    with pinned({MENTORHUBS_CORE}):
        for _ in range(ROUNDS):
            with live.stopped():
                without = _feel(live, twin, seconds / 2)
                with _bare_reader(live.source_url):
                    beside_reader = _feel(live, twin, seconds / 2)
            while live.lag(live.asker()) > CAUGHT_UP:
                time.sleep(0.5)
            rounds.append((without, beside_reader, _feel(live, twin, seconds / 2)))
    what = "MentorHub at 500 tps with {} / without, {}".format
    for index, (name, goal) in enumerate((("p50", 1.03), ("p99", 1.10), ("CPU", 1.10))):
        with_us = [us.more[index] / without.more[index] for without, _, us in rounds]
        yield result(what("us", name), median(with_us), "x", goal)
        with_reader = [reader.more[index] / without.more[index] for without, reader, _ in rounds]
        yield result(what("a bare reader", name), median(with_reader), "x")
        shared = [us.theirs[index] / without.theirs[index] for without, _, us in rounds]
        yield result(what("us on its cores and disk", name), median(shared), "x")


@contextmanager
def _bare_reader(source_url: str) -> Generator[None]:
    """Somebody who reads of MentorHub's WAL what we read, and does nothing with it."""
    reader = [wheel_binaries() / "pg_recvlogical", "--dbname", source_url, "--slot", "bare_reader"]
    subprocess.run([*reader, "--create-slot", "--plugin", "pgoutput"], check=True)
    options = ["--option", "proto_version=1", "--option", "publication_names=mentorhub_analytics"]
    with subprocess.Popen([*reader, "--start", "--file", os.devnull, *options]) as process:
        psutil.Process(process.pid).cpu_affinity(list(other_cores(MENTORHUBS_CORE)))
        yield
        process.terminate()
    subprocess.run([*reader, "--drop-slot"], check=True)


class _Felt(NamedTuple):
    """Seconds a transaction."""

    p50: float
    p99: float
    cpu: float


class _Both(NamedTuple):
    theirs: _Felt
    twins: _Felt

    @property
    def more(self) -> list[float]:
        """How many times its twin's."""
        return [one / other for one, other in zip(*self, strict=True)]


def _feel(live: Live, twin: str, seconds: float) -> _Both:
    """Backends and whoever asks them have a core to themselves, as if there were enough of them."""
    with _Feeling(live.source_url) as theirs, _Feeling(twin) as twins:
        for number in paced(1000, seconds):
            (theirs, twins)[number % 2].commit(number // 2)
        return _Both(theirs.felt(), twins.felt())


class _Feeling:
    """A connection, and how long each of its transactions takes."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._backend = psutil.Process(self._connection.info.backend_pid)
        self._backend.cpu_affinity([MENTORHUBS_CORE])
        self._connection.execute(STATUS, [1])
        self._taken: list[float] = []
        self._before = self._cpu()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def commit(self, number: int) -> None:
        started = time.perf_counter()
        self._connection.execute(PROGRESS, [number % 101, *2 * [1 + number * 7919 % 50_000]])
        self._taken.append(time.perf_counter() - started)

    def felt(self) -> _Felt:
        spent, taken = self._cpu() - self._before, sorted(self._taken)
        return _Felt(quantile(taken, 0.5), quantile(taken, 0.99), spent / len(taken))

    def _cpu(self) -> float:
        # to the nanosecond; /proc/PID/stat counts in ticks of 10 ms
        return int(Path(f"/proc/{self._backend.pid}/schedstat").read_text().split()[0]) / 1e9


def paced(rate: float, seconds: float) -> Iterator[int]:
    """Numbers, each when its time has come; late ones at once."""
    started = time.perf_counter()
    for number in range(int(rate * seconds)):
        time.sleep(max(0.0, started + number / rate - time.perf_counter()))
        yield number
