"""`analytics up` as a whole, in a terminal session of its own."""

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import psutil

from ops.status import DatabaseAwayError, collect
from shared.errors import ConfigurationError
from shared.home import running_stack
from shared.settings import Settings
from tests.support.databases import DEFAULTS
from tests.support.processes import children, wait_until

ANALYTICS = Path(sys.executable).with_name("analytics")


def known(settings: Settings) -> dict[str, Any]:
    """What `analytics status --json` says, without starting it."""
    try:
        return collect(settings)
    except DatabaseAwayError as away:
        return away.known


class Stack:
    """`analytics up` in its own terminal session, with the smallest demo there is."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        self._environment = {"PATH": os.defpath, **environment}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process and self._process.poll() is None:
            self.end()

    def begin(self) -> subprocess.Popen[bytes]:
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(
                [ANALYTICS, "up", "--demo", "--users", "20", "--port", "0", "--home", self.home],
                cwd=self.home.parent,
                env=self._environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
                umask=0,
            )
        return self._process

    def start(self) -> None:
        process = self.begin()
        wait_until(lambda: self.is_up() or process.poll() is not None)
        assert self.is_up(), self.said()

    @property
    def output(self) -> Path:
        return self.home.with_suffix(".out")

    def said(self) -> str:
        return self.output.read_text()

    def is_up(self) -> bool:
        return "Data and logs" in self.said()

    def description(self) -> dict[str, Any]:
        description = running_stack(self.home)
        assert description
        return description

    def processes(self) -> list[psutil.Process]:
        assert self._process
        supervisor = psutil.Process(self._process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def find(self, *words: str) -> psutil.Process | None:
        """The child of `up` with these words in its command."""
        assert self._process
        return next(children(self._process.pid, *words), None)

    def end(self, number: int = signal.SIGINT) -> int:
        """As the terminal does on Ctrl-C: the whole foreground group gets the signal."""
        assert self._process
        os.killpg(self._process.pid, number)
        return self._process.wait(30)

    def total_users(self) -> int:
        status, body = self.get("/api/v1/analytics/platform", self.admin_token())
        assert status == 200, body
        return json.loads(body)["users"]["total"]

    def admin_token(self) -> str:
        token = re.search(r"Admin token\s+(\S+)", self.said())
        assert token
        return token[1]

    def token(self, user: int, role: str) -> str:
        """Of a user, as MentorHub would sign it."""
        command = [ANALYTICS, "token", "--user", str(user), "--role", role, "--home", self.home]
        return subprocess.check_output(command, env={"PATH": os.defpath}, text=True).strip()

    def run(self, *words: str) -> int:
        """How a command of `analytics` ends."""
        command = [ANALYTICS, *words, "--home", self.home]
        done = subprocess.run(
            command, env={"PATH": os.defpath}, stdout=subprocess.DEVNULL, check=False
        )
        return done.returncode

    def is_fine(self) -> bool:
        """Whether `analytics status` says so."""
        try:
            return self.known()["verdict"]["fine"] and self.run("status") == 0
        except ConfigurationError:
            return False

    def known(self) -> dict[str, Any]:
        """What `analytics status --json` says, without starting it."""
        environment = self.description()["environment"]
        return known(
            replace(
                DEFAULTS,
                analytics_database_url=environment["ANALYTICS_DATABASE_URL"],
                source_database_url=environment["SOURCE_DATABASE_URL"],
                redis_url=environment["REDIS_URL"],
                home=self.home,
            )
        )

    def status(self) -> dict[str, Any]:
        """What `analytics status --json` says."""
        command = [ANALYTICS, "status", "--json", "--home", self.home]
        done = subprocess.run(
            command, env={"PATH": os.defpath}, stdout=subprocess.PIPE, check=False
        )
        return json.loads(done.stdout)

    def is_ready(self) -> bool:
        try:
            return self.get("/readyz")[0] == 200
        except OSError:
            return False

    def get(self, path: str, token: str = "") -> tuple[int, bytes]:
        address = urlsplit(self.description()["api_url"])
        connection = HTTPConnection(address.netloc, timeout=10)
        with closing(connection):
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            return answer.status, answer.read()
