"""When the workers wake up by themselves. Beat runs in UTC; days and nights are SQL's business."""

from celery.schedules import crontab

from shared.registry import FAMILIES

beat_schedule = {
    # Hourly, and a no-op unless the night's refresh is due in the reporting time zone.
    "nightly refresh": {
        "task": "workers.tasks.nightly_refresh",
        "schedule": crontab(minute=7),
        "options": {"expires": 3600},
    },
    # Each answer is rebuilt when half of the time is over that it may be stale. It is looked at
    # often, so that a lost tick, a queue and the rebuild itself fit into the other half; a tick
    # that finds it young does nothing.
    **{
        f"rebuild {family.name}": {
            "task": "workers.tasks.rebuild",
            "schedule": family.ttl / 10,
            "kwargs": {"summaries": [family.name], "max_age": family.ttl / 2},
            "options": {"expires": family.ttl / 2},
        }
        for family in FAMILIES.values()
    },
}
