"""The Celery application: `celery -A workers.app worker`, `celery -A workers.app beat`."""

import logging
import runpy
import sys
from pathlib import Path
from typing import Any, cast

from celery import Celery, bootsteps
from celery.signals import beat_init, setup_logging, worker_process_init

from shared import traces
from shared.errors import ConfigurationError
from shared.logs import configure
from shared.settings import Settings, load
from workers.broker import KEY_PREFIX
from workers.pulse import PAUSE, Pulse

VISIBILITY_TIMEOUT = 3600
"""Seconds after which Redis delivers an unfinished task again: above the longest task."""

LONGEST_TURN = 15.0
"""Seconds: longer than a turn of the worker's loop takes, which waits 5 s for Redis."""

_ROOT = Path(__file__).resolve().parent.parent

try:
    _settings = load()
    _broker_url = _settings.broker_url()
except ConfigurationError as error:
    # Celery imports this: a traceback of its inner life would bury the sentence.
    sys.stderr.write(f"analytics: {error}\n")
    raise SystemExit(2) from None

app = Celery("mentorhub_analytics", include=["workers.tasks"])
app.conf.update(
    broker_url=_broker_url,
    beat_schedule=runpy.run_path(str(_ROOT / "celerybeat-schedule.py"))["beat_schedule"],
    beat_scheduler="workers.beat:Scheduler",
    # how long it sleeps at most, and then gives a sign of life
    beat_max_loop_interval=2,
    timezone="UTC",
    enable_utc=True,
    # A task is a wake-up; what matters is in PostgreSQL. So: deliver at least once, keep no result.
    task_ignore_result=True,
    result_expires=None,  # or beat would send for results to be cleared away
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_time_limit=VISIBILITY_TIMEOUT // 2,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "global_keyprefix": KEY_PREFIX,
        "visibility_timeout": VISIBILITY_TIMEOUT,
        # the default sweep for what a killed worker held comes only every 100 s
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_keepalive": True,
        "socket_connect_timeout": 5,
        # above the second for which a worker waits for tasks: a Redis that is frozen is left
        "socket_timeout": 5,
        "health_check_interval": 10,
    },
    worker_cancel_long_running_tasks_on_connection_loss=False,
)


def trace(settings: Settings, part: str) -> None:
    """Each task as a part of the trace of who sent it, where a collector is named."""
    if traces.begin(settings, part):
        from opentelemetry.instrumentation.celery import CeleryInstrumentor  # noqa: PLC0415

        # or those that are sent by name would never end
        app.loader.import_default_modules()
        CeleryInstrumentor().instrument()


@worker_process_init.connect
def _trace_tasks(**_: Any) -> None:
    trace(_settings, "worker")


@beat_init.connect
def _trace_schedule(**_: Any) -> None:
    trace(_settings, "beat")


@setup_logging.connect
def _begin(**_: Any) -> None:
    settings = load()
    configure(settings.log_format, settings.log_level)
    # Ten wake-ups a second, each received, sent and done, are no news; failures still are.
    for name in ("celery.worker.strategy", "celery.app.trace", "celery.beat"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))


class Alive(bootsteps.StartStopStep):
    """Signs of life for as long as the loop turns in which the worker takes tasks."""

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self._pulse = Pulse(load(), "worker")
        self._pulse.keep(LONGEST_TURN)

    def register_with_event_loop(self, consumer: Any, hub: Any) -> None:
        """At each connection to Redis."""
        del consumer
        hub.call_repeatedly(PAUSE, self._pulse.progress)


cast("Any", app).steps["consumer"].add(Alive)
