"""How ops commands reach the two servers: a person waits, so say soon what is missing."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import psycopg
import redis
from psycopg.errors import (
    InsufficientPrivilege,
    InvalidSchemaName,
    UndefinedFunction,
    UndefinedTable,
)

from shared.database import Connection, connect
from shared.errors import ConfigurationError, ServerUnavailableError
from shared.settings import Settings
from workers.broker import KEY_PREFIX

if TYPE_CHECKING:
    from celery import Celery

PATIENCE = 2
"""Seconds in which a server must answer a person; libpq knows no fewer."""

REDIS_PATIENCE = 1
"""The same for Redis, which is asked more than once."""


@contextmanager
def database(settings: Settings, **options: Any) -> Generator[Connection]:
    """A connection to the analytics database.

    Raises ConfigurationError where it can't be had, or what is asked of it finds nothing of ours.
    """
    with (
        said_in_a_sentence(),
        connect(settings.analytics_url(), connect_timeout=PATIENCE, **options) as connection,
    ):
        yield connection


@contextmanager
def said_in_a_sentence() -> Generator[None]:
    """What PostgreSQL refuses or leaves unfinished is a ConfigurationError: any role may ask."""
    try:
        yield
    except (UndefinedTable, UndefinedFunction, InvalidSchemaName):
        raise ConfigurationError(
            "Analytics is not installed in this database: run `analytics init`."
        ) from None
    except InsufficientPrivilege as error:
        raise ConfigurationError(
            f"This role may not do that ({error.diag.message_primary}): "
            "use the ANALYTICS_DATABASE_URL of the owner or of analytics_worker."
        ) from None
    except psycopg.OperationalError as error:
        reason = error.diag.message_primary or " ".join(str(error).split())
        raise ServerUnavailableError(
            f"The analytics database did not finish its answer: {reason.removesuffix('.')}."
        ) from None


@contextmanager
def broker(settings: Settings) -> Generator[tuple["Celery", Any]]:
    """A Celery application to send tasks with, and the connection to send them through.

    Not workers.app: that one reads its broker from the environment, when it is imported, and
    waits for it without end. Raises ServerUnavailableError when it doesn't answer, or can't take
    what it is sent.
    """
    # who only asks how things are starts in two thirds of the time without them
    from celery import Celery  # noqa: PLC0415
    from kombu.exceptions import OperationalError  # noqa: PLC0415

    app = Celery(
        broker=settings.broker_url(),
        set_as_current=False,
        broker_transport_options={
            "global_keyprefix": KEY_PREFIX,
            "socket_connect_timeout": REDIS_PATIENCE,
            "socket_timeout": REDIS_PATIENCE,
            "max_retries": 0,
        },
    )
    to_redis = cast("Any", app.connection_for_write())
    try:
        with app, to_redis:
            to_redis.ensure_connection(max_retries=0)
            yield app, to_redis
    except (OperationalError, redis.RedisError) as error:
        raise ServerUnavailableError(broker_trouble(settings) or _sentence(error)) from None


_KINDS = {
    "celery": b"list",
    "_kombu.binding.celery": b"set",
    "unacked": b"hash",
    "unacked_index": b"zset",
}
"""What Celery keeps in Redis, and as what."""


def spoilt_keys(client: redis.Redis) -> list[str]:
    """Celery's keys under which somebody has stored something of another kind."""
    kinds = {f"{KEY_PREFIX}{name}": kind for name, kind in _KINDS.items()}
    return [key for key, kind in kinds.items() if client.type(key) not in {b"none", kind}]


def broker_trouble(settings: Settings) -> str | None:
    """What is wrong with Redis, in a sentence; None when it takes and gives messages."""
    with redis.Redis.from_url(
        settings.broker_url(),
        socket_connect_timeout=REDIS_PATIENCE,
        socket_timeout=REDIS_PATIENCE,
        retry=None,
    ) as client:
        try:
            about = client.info()
            spoilt = spoilt_keys(client)
        except redis.RedisError as error:
            return _sentence(error)
    if about.get("role") != "master":
        return "Redis is a replica, and takes no messages: run `REPLICAOF NO ONE` there."
    if spoilt:
        return f"Redis holds something else under {spoilt[0]}: run `DEL {spoilt[0]}` there."
    limit = about.get("maxmemory", 0)
    if limit and about["used_memory"] >= limit and about.get("maxmemory_policy") == "noeviction":
        return "Redis is full, and takes no messages: raise its `maxmemory`."
    return None


def _sentence(error: Exception) -> str:
    reason = " ".join(str(error).split()).removesuffix(".")
    return f"Redis does not answer ({reason}): is it running, and is REDIS_URL right?"
