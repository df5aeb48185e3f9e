"""When the workers wake up by themselves. Beat runs in UTC; days and nights are SQL's business."""

from celery.schedules import crontab

_SOON = {"expires": 60}
"""A tick that nobody took in time is not missed: the next one does the same."""

beat_schedule = {
    # Changes wake the workers by themselves; should a wake-up be lost, it costs seconds.
    "refresh": {
        "task": "workers.tasks.refresh",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    # What was asked for and nobody finished, as Redis was wiped or its worker was killed.
    "unfinished rebuilds": {
        "task": "workers.tasks.rebuild",
        "schedule": 30.0,
        "kwargs": {"summaries": []},
        "options": _SOON,
    },
    # Each time a part of what has waited longest: all of it within hours.
    "audit": {
        "task": "workers.tasks.audit",
        "schedule": 20.0,
        "options": _SOON,
    },
    # Hourly, and a no-op unless the night's refresh is due in the reporting time zone.
    "nightly refresh": {
        "task": "workers.tasks.nightly_refresh",
        "schedule": crontab(minute=7),
        "options": {"expires": 3600},
    },
}
