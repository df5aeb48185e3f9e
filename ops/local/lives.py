"""Whether each part of a stack lives: True, False, or None where that can't be known now."""

import http.client
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis

from ops.local.supervisor import SILENCE, Lives
from ops.servers import PATIENCE, spoilt_keys
from shared.database import connect, one
from shared.errors import ConfigurationError

_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
"""What a PostgreSQL client may ask first, and every server that takes connections answers."""

_SEEN = (
    "SELECT max(seen_at) > clock_timestamp() - make_interval(secs => %s)"
    " FROM analytics.parts() WHERE name = %s"
)


def api(url: str, seconds: float = 5) -> bool:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=seconds)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def postgres(socket_path: str) -> bool:
    """Also while it recovers, has no connection left, or its disk is full: that is no silence."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(5)
        try:
            line.connect(socket_path)
            line.sendall(_SSL_REQUEST)
            return line.recv(1) != b""
        except OSError:
            return False


_RUNNING = "SELECT pg_backend_pid(), extract(EPOCH FROM pg_postmaster_start_time())::bigint"

_MOMENT = 10
"""Seconds between what a server and its file call its start."""


def data_folder(database_url: str) -> str | None:
    """Where a server on this machine keeps its data; None for another's, or where we may not look.

    A process of the server's works there; it is the server's if it was started when the server was.
    """
    with connect(database_url, connect_timeout=PATIENCE) as connection:
        pid, started = connection.execute(_RUNNING).fetchone() or (0, 0)
        try:
            folder = Path("/proc", str(pid), "cwd").readlink()
            noted = int((folder / "postmaster.pid").read_text().splitlines()[2])
        except (OSError, IndexError, ValueError):
            return None
    return str(folder) if abs(noted - started) < _MOMENT else None


def our_redis(url: str, say: Callable[[str], object]) -> bool:
    """Mends what somebody did to it: it is nobody's replica, and its queue is a queue."""
    with redis.Redis.from_url(
        url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE, retry=None
    ) as client:
        try:
            if client.info("replication")["role"] != "master":
                client.replicaof("NO", "ONE")
                say("Redis had been made a replica; it is its own master again.")
            for key in spoilt_keys(client):
                client.delete(key)
                say(f"Redis held something else under {key}; it is deleted.")
            return bool(client.ping())
        except redis.ResponseError:
            return True  # it answers: `analytics status` says what is wrong
        except redis.RedisError:
            return False


STOPPED, IDLE, GONE = "is stopped", "is there, but does nothing", "has ended"


def process(part: str, host: str | None, pid: int | None) -> str | None:
    """What became of the process that last gave a part's sign of life; None on another machine."""
    if pid is None or host != socket.gethostname() or not Path("/proc/self").exists():
        return None
    folder = Path("/proc", str(pid))
    try:
        command = (folder / "cmdline").read_text()
        state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return GONE
    if part not in command:
        return GONE  # another one has its number now
    return STOPPED if state in {"T", "t"} else IDLE


def part(name: str, database_url: str, needed: Callable[[], bool]) -> Lives:
    """By its last sign of life; `needed`: whether what it can't live without is there."""

    def lives() -> bool | None:
        if not needed():
            return None
        try:
            with connect(
                database_url, connect_timeout=PATIENCE, options="-c statement_timeout=2s"
            ) as connection:
                return bool(one(connection, _SEEN, [SILENCE, name]))
        except (psycopg.Error, ConfigurationError):
            return None

    return lives
