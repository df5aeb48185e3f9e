"""What is done to a running stage, and what `analytics status` must say of it."""

import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import psutil
import redis
from psycopg import sql

from shared.database import connect
from tests.chaos.stage import Stage

Healing = Callable[[], object]


@dataclass(frozen=True)
class Fault:
    """`do` begins it and gives what ends it.

    `says`: a word that `analytics status` must have within 10 s while it lasts, with another exit
    code than 0; None for what mends itself before that.
    """

    name: str
    do: Callable[[Stage], Healing]
    says: str | None = None


def _killed(*words: str) -> Callable[[Stage], Healing]:
    def do(stage: Stage) -> Healing:
        process = stage.part(*words)
        if process:
            process.kill()
        return _nothing

    return do


def _child_killed(stage: Stage) -> Healing:
    worker = stage.part("celery", "worker")
    for child in worker.children() if worker else []:
        child.kill()
        break
    return _nothing


def _stopped(*words: str) -> Callable[[Stage], Healing]:
    def do(stage: Stage) -> Healing:
        part = stage.part(*words)
        stopped = [part, *part.children(recursive=True)] if part else []
        for process in stopped:
            process.suspend()

        def heal() -> None:
            for process in stopped:
                if process.is_running() and process.status() == psutil.STATUS_STOPPED:
                    process.resume()

        return heal

    return do


def _cut(*whose: str) -> Callable[[Stage], Healing]:
    def do(stage: Stage) -> Healing:
        for name in whose:
            stage.gates[name].cut()
        return lambda: [stage.gates[name].mend() for name in whose]

    return do


def _postgres_ended(which: str, number: int) -> Callable[[Stage], Healing]:
    def do(stage: Stage) -> Healing:
        server = stage.server(which)
        assert server.process
        server.process.send_signal(number)
        server.process.wait(60)
        return server.start

    return do


def _redis_killed(stage: Stage) -> Healing:
    assert stage.redis.process
    stage.redis.process.kill()
    stage.redis.process.wait(10)
    return stage.redis.start


def _redis_told(*command: str, heal: tuple[str, ...] | None = None) -> Callable[[Stage], Healing]:
    def do(stage: Stage) -> Healing:
        _tell_redis(stage, *command)
        return (lambda: _tell_redis(stage, *heal)) if heal else _nothing

    return do


def _tell_redis(stage: Stage, *command: str) -> None:
    with redis.Redis.from_url(stage.redis.url()) as client:
        client.execute_command(*command)


def _disk_filled(stage: Stage) -> Healing:
    assert stage.disk
    filling = stage.disk / "filling"
    with filling.open("wb") as file, suppress(OSError):
        while True:
            file.write(bytes(1 << 20))

    def heal() -> None:
        filling.unlink()
        # a server that could not write its WAL has ended
        if stage.ours.process and stage.ours.process.poll() is not None:
            stage.ours.start()

    return heal


def _locked(schema: str, table: str) -> Callable[[Stage], Healing]:
    def do(stage: Stage) -> Healing:
        holder = connect(stage.ours.url("analytics"), autocommit=False, application_name="psql")
        holder.execute(
            sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.Identifier(schema, table))
        )
        return holder.close

    return do


def _told(which: str, database: str, *statements: str) -> Callable[[Stage], Healing]:
    def do(stage: Stage) -> Healing:
        with connect(stage.server(which).url(database)) as connection:
            for statement in statements:
                connection.execute(statement.encode())
        return _nothing

    return do


def _jumped(stage: Stage) -> Healing:
    stage.jump(3600)
    return lambda: stage.jump(0)


def _nothing() -> None:
    """It mends itself."""


_RELAY, _GUARD, _API = ("ops", "relay"), ("ops", "guard"), ("granian",)
_WORKER, _BEAT = ("celery", "worker"), ("celery", "beat")

_END_ALL = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND backend_type IN ('client backend', 'walsender')
"""

FAULTS = (
    Fault("the worker is killed", _killed(*_WORKER)),
    Fault("a process of the worker is killed", _child_killed),
    Fault("the relay is killed", _killed(*_RELAY)),
    Fault("beat is killed", _killed(*_BEAT)),
    Fault("the guard is killed", _killed(*_GUARD)),
    Fault("the API is killed", _killed(*_API)),
    Fault("the worker is stopped", _stopped(*_WORKER), "worker"),
    Fault("the relay is stopped", _stopped(*_RELAY), "relay"),
    Fault("beat is stopped", _stopped(*_BEAT), "beat"),
    Fault("the guard is stopped", _stopped(*_GUARD), "guard"),
    Fault("the way to MentorHub is cut", _cut("mentorhub"), "MentorHub"),
    Fault("the way to our server is cut", _cut("analytics"), "PostgreSQL"),
    Fault("the way to Redis is cut", _cut("redis"), "Redis"),
    Fault("every way is cut", _cut("mentorhub", "analytics", "redis"), "PostgreSQL"),
    Fault("our server crashes", _postgres_ended("ours", signal.SIGQUIT), "PostgreSQL"),
    Fault("MentorHub's server crashes", _postgres_ended("theirs", signal.SIGQUIT), "MentorHub"),
    Fault("Redis is killed", _redis_killed, "Redis"),
    Fault("Redis is wiped", _redis_told("FLUSHALL")),
    Fault(
        "Redis is demoted",
        _redis_told("REPLICAOF", "127.0.0.1", "1", heal=("REPLICAOF", "NO", "ONE")),
        "Redis",
    ),
    Fault("our disk is full", _disk_filled, "disk"),
    Fault("psql holds a mirrored table", _locked("public", "sessions"), "psql"),
    Fault("psql holds a summary", _locked("analytics", "session_day"), "psql"),
    Fault("our connections are ended", _told("ours", "postgres", _END_ALL)),
    Fault("MentorHub ends our connections", _told("theirs", "postgres", _END_ALL)),
    Fault(
        "the subscription is disabled",
        _told("ours", "analytics", "ALTER SUBSCRIPTION mentorhub_analytics DISABLE"),
    ),
    Fault(
        "the publication is dropped",
        _told("theirs", "mentorhub", "DROP PUBLICATION mentorhub_analytics"),
    ),
    Fault("both clocks jump by an hour", _jumped),
)


def possible(stage: Stage) -> list[Fault]:
    """Those that can be done here: a small disk takes root, a clock Debian's faketime."""
    impossible = {
        *([] if stage.disk else [_disk_filled]),
        *([] if stage.clock else [_jumped]),
    }
    return [fault for fault in FAULTS if fault.do not in impossible]
