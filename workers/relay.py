"""The relay: hears of changes as they are captured and wakes the workers, one wake-up at a time.

What it does can be lost without harm: beat wakes the workers too.
"""

import time
from typing import NoReturn
from uuid import uuid4

import structlog
from kombu.exceptions import OperationalError as BrokerError
from psycopg import OperationalError

from shared.database import Connection
from shared.errors import ConfigurationError
from shared.settings import Settings
from workers.app import app, trace
from workers.broker import has_room
from workers.fold import worker_connection
from workers.pulse import Pulse
from workers.tally import tally

CHANGED, FOLDED, ASKED = (
    "mentorhub_analytics",
    "mentorhub_analytics_folded",
    "mentorhub_analytics_asked",
)
"""PostgreSQL's channels: a table's rows changed (the payload names it); a fold was committed;
somebody asked for a rebuild."""

TASKS = {
    "users": "user_changed",
    "courses": "course_changed",
    "course_enrollments": "course_changed",
    "progress": "course_changed",
    "reviews": "course_changed",
    "sessions": "session_changed",
    "payments": "payment_changed",
}
"""Mirrored table to the task that folds its changes."""

HEARTBEAT = 1.0
"""Seconds without a change after which as-of is moved all the same."""

BRIEF = 0.05
"""Seconds that a fold takes where nothing else is at work."""

SHORTEST_REST, LONGEST_REST = 0.01, 0.2
"""Seconds of rest after a fold: under load it takes more changes along instead of more CPU."""

_FIRST_PATIENCE, _LONGEST_PATIENCE = 1.0, 30.0

log = structlog.get_logger("analytics")


class Wakeups:
    """What the workers are to be woken for, and whether they already are.

    At most one wake-up is under way: a fold takes along everything that is there when it begins,
    so whatever changes until it ends needs one more wake-up, however much it is.
    """

    def __init__(self) -> None:
        self._wanted: dict[str, None] = {}
        self._sent = self._not_before = 0.0
        self._patience = _FIRST_PATIENCE

    def changed(self, table: str) -> None:
        self._wanted[TASKS.get(table, "refresh")] = None

    def quiet(self) -> None:
        """Nothing was heard for a heartbeat: also a wake-up that is under way may be lost."""
        self._wanted["refresh"] = None

    def folded(self, now: float) -> None:
        """One fold is done, whoever asked for it."""
        self._patience = _FIRST_PATIENCE
        rest = min(max(SHORTEST_REST, now - self._sent - BRIEF), LONGEST_REST)
        self._not_before = min(self._not_before, now + rest)

    def wait(self, now: float) -> float:
        """Seconds until a task is to be sent, unless something is heard first."""
        due = max(0.0, self._not_before - now)
        return min(due, HEARTBEAT) if self._wanted else HEARTBEAT

    def take(self, now: float) -> str | None:
        """The task to be sent now; should nothing be heard of it, it is sent again later."""
        if not self._wanted or now < self._not_before:
            return None
        task = next(iter(self._wanted))
        self._wanted.clear()
        self._sent, self._not_before = now, now + self._patience
        self._patience = min(2 * self._patience, _LONGEST_PATIENCE)
        return task


def relay(settings: Settings) -> NoReturn:
    """Relay until killed; servers that go away are waited for."""
    trace(settings, "relay")
    said, pulse = None, Pulse(settings, "relay")
    while True:
        try:
            with worker_connection(settings, "analytics relay") as connection:
                said = None
                _listen(connection, pulse)
        except (ConfigurationError, OperationalError) as error:
            sentence = " ".join(str(error).split())
            if sentence != said:
                log.warning("Analytics: the relay waits: %s", sentence)
            said = sentence
            time.sleep(1)


def _listen(connection: Connection, pulse: Pulse) -> NoReturn:
    for channel in (CHANGED, FOLDED, ASKED):
        connection.execute(f"LISTEN {channel}".encode())
    log.info("Analytics: the relay listens")
    wakeups = Wakeups()
    while True:
        pulse.beat()
        timeout = wakeups.wait(time.monotonic())
        heard = list(connection.notifies(timeout=timeout, stop_after=1))
        for notice in heard:
            if notice.channel == FOLDED:
                wakeups.folded(time.monotonic())
            elif notice.channel == ASKED:
                _send("rebuild", summaries=[])
            else:
                wakeups.changed(notice.payload)
        if not heard and timeout == HEARTBEAT:
            wakeups.quiet()
        task = wakeups.take(time.monotonic())
        if task:
            _send(task)
        tally.write_down(connection)


def _send(task: str, **arguments: list[str]) -> None:
    """A broker that is away loses the wake-up: it is sent again, and beat sends others.

    Its id is what log lines of the relay, the task and the fold have in common.
    """
    wakeup = uuid4().hex
    log.debug("Analytics: the workers are woken", task=task, correlation=wakeup)
    try:
        if has_room(app):
            name = f"workers.tasks.{task}"
            app.send_task(name, kwargs=arguments, task_id=wakeup, retry=False, ignore_result=True)
    except BrokerError as error:
        log.warning("Analytics: Redis does not answer: %s", " ".join(str(error).split()))
