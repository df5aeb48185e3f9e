"""Celery's scheduler, which also gives a sign of life at each look at the schedule."""

from typing import Any, cast

from celery.beat import PersistentScheduler

from shared.settings import load
from workers.pulse import Pulse


class Scheduler(PersistentScheduler):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._pulse = Pulse(load(), "beat")
        super().__init__(*arguments, **options)

    def tick(self, *arguments: Any, **options: Any) -> float:
        self._pulse.beat()
        return float(cast("Any", super()).tick(*arguments, **options))
