"""The programs of ours that make a stack: their commands, and what each may know."""

import os
import sys
from dataclasses import dataclass

from ops import serve
from ops.local.leash import Leash
from ops.local.supervisor import Program
from shared.settings import VARIABLES, Settings

_SECRETS = [variable.name for variable in VARIABLES.values() if variable.is_secret]

_OF_THE_API = (
    "ANALYTICS_READ_DATABASE_URL",
    "REDIS_URL",
    "ANALYTICS_CACHE_URL",
    "JWT_SECRET_KEY",
    "JWT_PREVIOUS_KEYS",
    "METRICS_TOKEN",
)
"""The secrets that it is told, besides its own way to the database."""


def reporting(settings: Settings) -> dict[str, str]:
    """The settings that change the numbers: all of a stack must have the same."""
    told = settings.environment()
    return {each.name: told[each.name] for each in VARIABLES.values() if each.is_reporting}


@dataclass(frozen=True)
class Programs:
    """`reader_url` and `worker_url` lead to the analytics database as its two humble roles."""

    settings: Settings
    leash: Leash
    reader_url: str
    worker_url: str

    def api(self, port: int, module: str = "api.rsgi") -> Program:
        return self._program(
            "api",
            serve.command("127.0.0.1", port, module),
            ANALYTICS_DATABASE_URL=self.reader_url,
            **{name: self.settings.environment()[name] for name in _OF_THE_API},
        )

    def worker(self) -> Program:
        # One worker has nobody to gossip or to mingle with.
        alone = ("--without-gossip", "--without-mingle")
        return self._program(
            "worker",
            [*_celery("worker"), "--concurrency", "2", "--loglevel", "INFO", *alone],
            ANALYTICS_DATABASE_URL=self.worker_url,
            REDIS_URL=self.settings.broker_url(),
            WEBHOOK_SECRET=self.settings.webhook_secret or "",
            ANALYTICS_LINE_PROTOCOL_URL=self.settings.line_protocol_url or "",
            ANALYTICS_LINE_PROTOCOL_TOKEN=self.settings.line_protocol_token or "",
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
            **settings.environment(),
            # Empty, not absent: a `.env` file would fill the gap.
            **dict.fromkeys(_SECRETS, ""),
            **known,
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
