"""The programs of ours that make a stack: their commands, and what each may know."""

import os
import sys
from dataclasses import dataclass

from ops.local.leash import Leash
from ops.local.supervisor import Program
from shared.settings import Settings

_SECRETS = (
    "ANALYTICS_DATABASE_URL",
    "ANALYTICS_READ_DATABASE_URL",
    "SOURCE_DATABASE_URL",
    "REDIS_URL",
    "ANALYTICS_CACHE_URL",
    "JWT_SECRET_KEY",
    "JWT_PREVIOUS_KEYS",
)

_STRICT = (
    # Nobody needs HTTP/2 here, and with it a connection may stay silent for ever.
    *("--http", "1"),
    # Of a request line with all headers: 431 above it.
    *("--http1-buffer-size", "16384"),
    # Whatever a client asks to upgrade to, it is answered by HTTP/1.1.
    "--no-ws",
    # Milliseconds in which they must have come; also how long an idle connection is kept.
    *("--http1-header-read-timeout", "10000"),
)


# An open stream counts as a request under way.
_STREAMS = ("--backlog", "4096", "--backpressure", "4096")


def reporting(settings: Settings) -> dict[str, str]:
    """The settings that change the numbers: all of a stack must have the same."""
    return {
        "ANALYTICS_TIMEZONE": settings.timezone,
        "ANALYTICS_CURRENCY": settings.currency,
        "ANALYTICS_MINOR_UNITS": settings.minor_units,
        "ANALYTICS_MAPPING": str(settings.mapping.resolve()) if settings.mapping else "",
    }


@dataclass(frozen=True)
class Programs:
    """`reader_url` and `worker_url` lead to the analytics database as its two humble roles."""

    settings: Settings
    leash: Leash
    reader_url: str
    worker_url: str

    def api(self, port: int, module: str = "api.rsgi") -> Program:
        address = ("--host", "127.0.0.1", "--port", str(port))
        # One worker: several would not hear of a fold in the same moment, and a client that asks
        # now one and now another would see time go back. Granian waits for open streams without
        # end unless it is told how long.
        workers = ("--workers", "1", "--workers-kill-timeout", "5", *_STREAMS)
        return self._program(
            "api",
            ["granian", "--interface", "rsgi", *address, *workers, *_STRICT, f"{module}:app"],
            ANALYTICS_DATABASE_URL=self.reader_url,
            ANALYTICS_READ_DATABASE_URL=self.settings.read_database_url or "",
            REDIS_URL=self.settings.redis_url or "",
            ANALYTICS_CACHE_URL=self.settings.cache_url or "",
            JWT_SECRET_KEY=self.settings.jwt_secret_key or "",
            JWT_PREVIOUS_KEYS=",".join(self.settings.jwt_previous_keys),
            JWT_JWKS=self.settings.jwt_jwks or "",
            RATE_LIMIT_PER_USER=self.settings.rate_limit_per_user,
            RATE_LIMIT_PER_ADDRESS=self.settings.rate_limit_per_address,
            TRUSTED_PROXIES=str(self.settings.trusted_proxies),
            CORS_ORIGINS=",".join(self.settings.cors_origins),
            CONNECTIONS_PER_ADDRESS=str(self.settings.connections_per_address),
            REQUEST_LETTERS=str(self.settings.request_letters),
            REQUEST_ITEMS=str(self.settings.request_items),
            EXPORTS_AT_ONCE=str(self.settings.exports_at_once),
        )

    def worker(self) -> Program:
        # One worker has nobody to gossip or to mingle with.
        alone = ("--without-gossip", "--without-mingle")
        return self._program(
            "worker",
            [*_celery("worker"), "--concurrency", "2", "--loglevel", "INFO", *alone],
            ANALYTICS_DATABASE_URL=self.worker_url,
            REDIS_URL=self.settings.broker_url(),
        )

    def beat(self) -> Program:
        return self._program(
            "beat",
            [*_celery("beat"), "--loglevel", "INFO", "--pidfile="],
            ANALYTICS_DATABASE_URL=self.worker_url,
            REDIS_URL=self.settings.broker_url(),
        )

    def relay(self) -> Program:
        return self._program(
            "relay",
            ["ops", "relay"],
            ANALYTICS_DATABASE_URL=self.worker_url,
            REDIS_URL=self.settings.broker_url(),
        )

    def guard(self) -> Program:
        return self._program(
            "guard",
            ["ops", "guard"],
            ANALYTICS_DATABASE_URL=self.settings.analytics_url(),
            SOURCE_DATABASE_URL=self.settings.source_url(),
        )

    def _program(self, name: str, command: list[str], **known: str) -> Program:
        settings = self.settings
        environment = {
            **os.environ,
            # Empty, not absent: a `.env` file would fill the gap.
            **dict.fromkeys(_SECRETS, ""),
            **known,
            "JWT_AUDIENCE": settings.jwt_audience,
            "JWT_ISSUER": settings.jwt_issuer,
            "JWT_LEEWAY": str(settings.jwt_leeway),
            **reporting(settings),
            "ANALYTICS_HOME": str(settings.home),
            "LOG_FORMAT": settings.log_format,
            "LOG_LEVEL": settings.log_level,
            "PYTHONUNBUFFERED": "1",
        }
        return Program(
            [sys.executable, "-m", *command],
            environment=environment,
            # Python, Celery and Granian import from there first: a MentorHub has an `api` too.
            folder=settings.home,
            log=settings.home / "log" / f"{name}.log",
            leash=self.leash,
        )


def _celery(command: str) -> list[str]:
    return ["celery", "--app", "workers.app", command]
