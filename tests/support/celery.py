"""A Celery worker and beat as real processes."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from redis import Redis as Client

from ops.local.embedded import Redis
from ops.local.programs import Programs
from ops.local.supervisor import Program
from ops.servers import broker
from shared.settings import Settings
from tests.support.processes import wait_until
from workers.broker import KEY_PREFIX


class WorkerAndBroker:
    """A worker on a database and a broker of its own; whatever a test kills, it starts again."""

    def __init__(self, settings: Settings, redis: Redis, programs: Programs) -> None:
        self.settings, self.redis, self.programs = settings, redis, programs
        self.worker = programs.worker()

    def start(self) -> None:
        self.worker.start()
        assert wait_until(self.works), "the worker does not answer"

    def works(self) -> bool:
        with broker(self.settings) as (app, line):
            control = cast("Any", app.control)
            return bool(control.ping(timeout=0.2, connection=line))

    def busy(self) -> list[int]:
        """The processes that are at a task."""
        with broker(self.settings) as (app, line):
            inspect = cast("Any", app.control.inspect(timeout=0.5, connection=line))
            answers: dict[str, list[dict[str, Any]]] = inspect.active() or {}
        return [task["worker_pid"] for tasks in answers.values() for task in tasks]

    def is_idle(self) -> bool:
        """No task waits, and none is under way."""
        with Client.from_url(self.redis.url()) as client:
            waiting, taken = client.llen(f"{KEY_PREFIX}celery"), client.hlen(f"{KEY_PREFIX}unacked")
            return not waiting and not taken

    def forget_messages(self) -> None:
        """Those that a dead worker had taken would come again after minutes."""
        with Client.from_url(self.redis.url()) as client:
            client.delete(f"{KEY_PREFIX}unacked", f"{KEY_PREFIX}unacked_index")

    def send(self, task: str, *, task_id: str | None = None, **arguments: Any) -> None:
        with broker(self.settings) as (app, line):
            app.send_task(f"workers.tasks.{task}", (), arguments, task_id=task_id, connection=line)


@contextmanager
def beat(stack: WorkerAndBroker, home: Path) -> Generator[Program]:
    """A real one, whose only memory is itself."""
    home.mkdir()
    programs = replace(stack.programs, settings=replace(stack.settings, home=home))
    program = programs.beat()
    program.start()
    try:
        yield program
    finally:
        program.stop()
