"""Beat without a memory: it measures by a clock that only goes forward, and never fills the queue.

Celery's own keeps in a file when it last sent what, by the clock of the wall: with a file from
tomorrow, or after a clock was set back, it sends nothing until then.
"""

import time
from typing import Any, cast

from celery import beat
from celery.schedules import schedstate

from shared.settings import load
from workers.broker import has_room
from workers.pulse import Pulse


class Entry(beat.ScheduleEntry):
    """Due at once, and then in equal intervals."""

    def __init__(self, *arguments: Any, began: float | None = None, **named: Any) -> None:
        del began  # of the entry that this one is the successor of
        super().__init__(*arguments, **named)
        self.began = time.monotonic()

    def is_due(self) -> schedstate:
        schedule: Any = self.schedule
        interval: float = schedule.run_every.total_seconds()
        rest = self.began + interval - time.monotonic() if self.total_run_count else 0.0
        return schedstate(is_due=rest <= 0, next=rest if rest > 0 else interval)


class Scheduler(beat.Scheduler):
    """Which also gives a sign of life at each look at the schedule."""

    Entry = Entry

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._pulse = Pulse(load(), "beat")
        super().__init__(*arguments, **named)

    def tick(self, *arguments: Any, **options: Any) -> float:
        self._pulse.beat()
        return float(cast("Any", super()).tick(*arguments, **options))

    def _when(self, entry: Any, next_time_to_run: float | None, mktime: Any = None) -> float:
        """Where it stands in the order of what is due."""
        del entry, mktime
        return time.monotonic() + (next_time_to_run or 0)

    def apply_async(
        self,
        entry: Any,
        producer: Any = None,
        advance: Any = True,  # noqa: FBT002 - Celery's
        **named: Any,
    ) -> Any:
        """Not behind so many others that nobody takes."""
        if not has_room(cast("Any", self.app)):
            return None
        return cast("Any", super()).apply_async(entry, producer, advance, **named)
