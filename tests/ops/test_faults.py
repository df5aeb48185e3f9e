"""Each fault, made as it comes, is named by `analytics status`, and ends by what that says to type.

The parts are processes that nobody starts again, as with compose; docs/runbook.md is typed too.
A fault is real; where its alarm waits for minutes or hours, what we have noted of its beginning is
moved back so far. Of `streams_full` no `status` hears, as an API writes nothing.
"""

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from ops import demo
from ops.local.embedded import Postgres, Redis, wheel_binaries
from ops.local.processes import free_port
from shared import sqlfiles
from shared.database import connect
from tests.support.databases import DEFAULTS
from tests.support.mentorhub import QUICK, ask, tell
from tests.support.processes import wait_until
from tests.support.stack import ANALYTICS, known
from tests.support.tokens import KEY

RUNBOOK = (sqlfiles.ROOT.parent / "docs" / "runbook.md").read_text()

PATH = os.pathsep.join([str(ANALYTICS.parent), str(wheel_binaries()), os.defpath])

PARTS = {
    "worker": "celery -A workers.app worker --concurrency 1",
    "beat": "celery -A workers.app beat",
    "relay": "analytics relay",
    "guard": "analytics guard",
    "api": "analytics serve --port $PORT",
}

LIMIT = {"max_wal_size": "64MB", "max_slot_wal_keep_size": "64MB"}
"""Of MentorHub's server."""

MUCH = "SELECT pg_logical_emit_message(false, '', repeat('x', 9000000))"
"""Nine megabytes of WAL."""


LONG_AGO = """
    LOCK TABLE control.tally IN EXCLUSIVE MODE;
    UPDATE control.tally SET minute = minute - (now() - '2020-01-01Z'::timestamptz)
    WHERE minute > now() - interval '10 min'
"""
"""When tasks were done or failed."""


@dataclass
class Stage:
    """Both servers, Redis, and our parts as processes of their own."""

    folder: Path
    theirs: Postgres
    ours: Postgres
    redis: Redis
    port: int
    parts: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": PATH,
            "ANALYTICS_HOME": str(self.folder),
            "SOURCE_DATABASE_URL": self.theirs.url("mentorhub"),
            "ANALYTICS_DATABASE_URL": self.ours.url("analytics"),
            "REDIS_URL": self.redis.url(),
            "SUPERUSER": self.theirs.url("mentorhub"),
            "JWT_SECRET_KEY": KEY,
            "PORT": str(self.port),
        }

    def start(self, part: str, command: str) -> None:
        """What stays in the foreground of a terminal of its own."""
        with (self.folder / f"{part}.log").open("ab") as log:
            self.parts[part] = subprocess.Popen(
                ["/bin/bash", "-c", f"exec {command}"],
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def end(self, part: str) -> None:
        """With its children, and without a chance to say so."""
        process = self.parts.pop(part)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def type(self, command: str) -> str:
        done = subprocess.run(
            ["/bin/bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def status(self) -> dict[str, Any]:
        """What `analytics status --json` says; it fails where something is wrong."""
        done = subprocess.run(
            [ANALYTICS, "status", "--json"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        said = json.loads(done.stdout)
        assert bool(said["problems"]) == bool(done.returncode)
        return said

    def noted_parts(self) -> set[str]:
        with connect(self.ours.url("analytics")) as ours:
            return {name for (name,) in ours.execute("SELECT name FROM control.part")}

    def problems(self) -> dict[str, dict[str, Any]]:
        return by_alarm(self.status())

    def says(self, is_right: Callable[[dict[str, Any]], bool]) -> bool:
        """Waits until `analytics status` says what is right.

        To start it takes half a second of the CPU: until it can be right, what it asks is asked
        here.
        """
        settings = replace(
            DEFAULTS,
            analytics_database_url=self.ours.url("analytics"),
            source_database_url=self.theirs.url("mentorhub"),
            redis_url=self.redis.url(),
            home=self.folder,
        )
        return wait_until(lambda: is_right(known(settings)) and is_right(self.status()))

    def named(self, *alarms: str) -> dict[str, dict[str, Any]]:
        """The first look that names all of these; what follows from them may ring too."""
        found: dict[str, dict[str, Any]] = {}

        def are_named(said: dict[str, Any]) -> bool:
            found.clear()
            found.update(by_alarm(said))
            return found.keys() >= {*alarms}

        assert self.says(are_named), [*found]
        return found

    def is_well(self) -> bool:
        """With all parts heard of: nothing is said of one that is only starting.

        An API is known by its connections, which go with it, until another part noted it. Tasks
        that failed are named for ten minutes, which are moved.
        """

        def nothing_is_wrong(said: dict[str, Any]) -> bool:
            if {problem["alarm"] for problem in said["problems"]} == {"tasks_failing"}:
                tell(self.ours.url("analytics"), LONG_AGO)
            alive = all(part["alive"] for part in said["parts"].values())
            return not said["problems"] and alive and self.noted_parts() == {*PARTS}

        return self.says(nothing_is_wrong)


def by_alarm(said: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The first problem of each alarm."""
    found: dict[str, dict[str, Any]] = {}
    for problem in said["problems"]:
        found.setdefault(problem["alarm"], problem)
    return found


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    # not pytest's own: servers of root's run as somebody else, who may not enter that
    with (
        TemporaryDirectory(prefix="faults-") as folder,
        Postgres(Path(folder) / "theirs", settings=QUICK | LIMIT) as theirs,
        Postgres(Path(folder) / "ours", settings=QUICK) as ours,
        Redis(Path(folder) / "redis") as redis,
    ):
        Path(folder).chmod(0o755)
        theirs.create_database("mentorhub")
        ours.create_database("analytics")
        demo.create_tables(theirs.url("mentorhub"))
        stage = Stage(Path(folder), theirs, ours, redis, free_port())
        stage.type("analytics init")
        try:
            for part, command in PARTS.items():
                stage.start(part, command)
            assert stage.is_well(), stage.problems()
            yield stage
        finally:
            for part in [*stage.parts]:
                stage.end(part)


@pytest.fixture(autouse=True)
def _ends_as_it_began(stage: Stage) -> Iterator[None]:
    yield
    assert stage.is_well(), [*stage.problems()]


def chapter(alarm: str) -> list[str]:
    """What the runbook says to type, line by line."""
    text = RUNBOOK.partition(f"## {alarm}\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"(?ms)^```bash\n(.*?)^```", text)
    return [line.partition("  #")[0].strip() for block in blocks for line in block.splitlines()]


def test_parts_that_ended_are_named_and_started_by_what_status_says(stage: Stage) -> None:
    for part in PARTS:
        stage.end(part)
    alarms = {part: f"{part}_silent" for part in PARTS}
    found = stage.named(*alarms.values())
    for part, alarm in alarms.items():
        # an API is known by its look at our database: nobody there knows its process
        assert "has ended" in found[alarm]["text"] or part == "api", found[alarm]
        assert found[alarm]["remedy"] in " ".join(chapter(alarm))
        stage.start(
            part, PARTS[part].replace(PARTS[part].partition(" --")[0], found[alarm]["remedy"])
        )


def test_a_part_that_is_stopped_goes_on_by_what_status_says(stage: Stage) -> None:
    os.kill(stage.parts["guard"].pid, signal.SIGSTOP)
    stage.type(stage.named("guard_silent")["guard_silent"]["remedy"])


def test_a_redis_that_is_gone_is_named(stage: Stage) -> None:
    assert stage.redis.process
    stage.redis.process.kill()
    stage.redis.process.wait()
    stage.named("redis_away")
    stage.redis.start()


def test_a_database_that_is_gone_is_named(stage: Stage) -> None:
    assert stage.ours.process
    stage.ours.process.send_signal(signal.SIGQUIT)
    stage.ours.process.wait()
    stage.named("database_away")
    stage.ours.start()
    (asked,) = (line for line in chapter("database_away") if line.startswith("psql"))
    stage.type(asked)


def test_who_holds_a_lock_is_named_and_ended_by_what_the_runbook_says(stage: Stage) -> None:
    url = stage.ours.url("analytics")
    with closing(connect(url, application_name="psql", autocommit=False)) as holder:
        holder.execute("LOCK TABLE public.users IN ACCESS EXCLUSIVE MODE")
        tell(stage.theirs.url("mentorhub"), NEWCOMER)
        sentence = stage.named("lock_held")["lock_held"]["text"]
        assert f"pid {holder.info.backend_pid}" in sentence
        (command,) = chapter("lock_held")
        stage.type(command.replace("PID", str(holder.info.backend_pid)))


NEWCOMER = """
    INSERT INTO users (username, email, hashed_password)
    SELECT gen_random_uuid()::text, gen_random_uuid()::text, ''
"""


def test_a_mentorhub_that_is_away_is_named_until_it_is_back(stage: Stage) -> None:
    assert stage.theirs.process
    stage.theirs.process.send_signal(signal.SIGQUIT)
    stage.theirs.process.wait()
    told = stage.named("replication_broken")["replication_broken"]
    assert "MentorHub's server does not answer" in told["text"]
    stage.theirs.start()
    stage.type(told["remedy"])


def test_a_change_that_cannot_be_applied_is_named_until_it_can(stage: Stage) -> None:
    ours = stage.ours.url("analytics")
    tell(ours, "ALTER TABLE users ADD CONSTRAINT refuse CHECK (id < 0) NOT VALID")
    tell(stage.theirs.url("mentorhub"), NEWCOMER)

    def has_failed() -> bool:
        with connect(ours) as connection:
            return ask(connection, "SELECT apply_errors > 0 FROM control.slot")

    assert wait_until(has_failed)
    # before it has failed three times, and the guard begins anew
    os.kill(stage.parts["guard"].pid, signal.SIGSTOP)
    assert stage.named("apply_error")["apply_error"]["remedy"] in chapter("apply_error")
    os.kill(stage.parts["guard"].pid, signal.SIGCONT)

    def is_named(said: dict[str, Any]) -> bool:
        told = by_alarm(said).get("replication_broken")
        return bool(told and 'violates check constraint "refuse"' in told["text"])

    assert stage.says(is_named), stage.problems()
    remedy = stage.named("replication_broken")["replication_broken"]["remedy"]
    tell(ours, "ALTER TABLE users DROP CONSTRAINT refuse")
    stage.type(remedy)


def test_wal_that_mentorhub_keeps_is_named_before_its_end(stage: Stage) -> None:
    with connect(stage.ours.url("analytics"), autocommit=False) as holder:
        holder.execute("LOCK TABLE public.users IN SHARE MODE")
        tell(stage.theirs.url("mentorhub"), NEWCOMER, *[MUCH] * 4)
        stage.named("wal_retained")
        raised = next(line for line in chapter("wal_retained") if "max_slot_wal_keep_size" in line)
        stage.type(raised)


def test_a_wrong_row_is_named_until_somebody_took_note(stage: Stage) -> None:
    tell(stage.ours.url("analytics"), "UPDATE analytics.platform_total SET users = users + 1")
    stage.type("analytics audit --repair || test $? = 1")
    remedy = stage.named("drift")["drift"]["remedy"]
    assert remedy in chapter("drift")
    stage.type(remedy)


def test_a_slot_that_nobody_can_read_is_named(stage: Stage) -> None:
    ours = stage.ours.url("analytics")
    tell(stage.theirs.url("mentorhub"), "ALTER SYSTEM SET max_wal_senders = 0")
    restart(stage.theirs)

    def is_noted() -> bool:
        with connect(ours) as connection:
            return ask(connection, "SELECT inactive_since IS NOT NULL FROM control.slot")

    assert wait_until(is_noted)
    tell(ours, "UPDATE control.slot SET inactive_since = inactive_since - interval '2 min'")
    remedy = stage.named("slot_inactive")["slot_inactive"]["remedy"]
    tell(stage.theirs.url("mentorhub"), "ALTER SYSTEM RESET max_wal_senders")
    restart(stage.theirs)
    assert remedy in chapter("slot_inactive")
    # while another one is on duty it does nothing
    stage.start("second guard", remedy)
    assert stage.is_well(), [*stage.problems()]
    stage.end("second guard")


def restart(server: Postgres) -> None:
    assert server.process
    server.process.send_signal(signal.SIGINT)
    server.process.wait()
    server.start()


def test_a_rebuild_and_audits_that_no_worker_makes_are_named_behind_it(stage: Stage) -> None:
    stage.type("analytics audit session_day")
    stage.end("worker")
    stage.type("analytics rebuild session_day --no-wait")
    tell(
        stage.ours.url("analytics"),
        "UPDATE control.run SET requested_at = requested_at - interval '11 min'"
        " WHERE finished_at IS NULL",
        "UPDATE control.audited SET whole_at = whole_at - interval '27 h'"
        " WHERE summary = 'session_day'",
    )
    found = stage.named("worker_silent", "rebuild_stuck", "audit_old")
    assert [*found].index("worker_silent") < [*found].index("rebuild_stuck")
    remedy = found["rebuild_stuck"]["remedy"]
    assert remedy in chapter("rebuild_stuck")
    stage.start("worker", remedy)
    asked = found["audit_old"]["remedy"]
    assert asked in chapter("audit_old")
    stage.type(asked)


def test_folds_that_fail_are_named_by_the_tasks_and_by_what_grows_old(stage: Stage) -> None:
    ours = stage.ours.url("analytics")
    summary = "ALTER TABLE analytics.platform_total"
    tell(ours, LONG_AGO, f"{summary} ADD CONSTRAINT refuse CHECK (users < 0) NOT VALID")
    tell(stage.theirs.url("mentorhub"), NEWCOMER)
    stage.named("tasks_failing")
    tell(ours, "UPDATE analytics.freshness SET as_of = as_of - interval '4 min'")
    found = stage.named("tasks_failing", "pending_old", "as_of_old")
    tell(ours, f"{summary} DROP CONSTRAINT refuse")
    for alarm in ("pending_old", "as_of_old"):
        assert found[alarm]["remedy"] in chapter(alarm)
        stage.type(found[alarm]["remedy"])
