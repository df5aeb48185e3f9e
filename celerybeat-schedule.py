"""When the workers wake up by themselves: seconds. Days and nights are SQL's business."""

# No message expires: that would compare the clock of whoever sends it with a worker's. A queue that
# nobody takes from gets no more of them (workers/beat.py).
beat_schedule = {
    # Changes wake the workers by themselves; should a wake-up be lost, it costs seconds.
    "refresh": {"task": "workers.tasks.refresh", "schedule": 5.0},
    # Alerts that fired are told to webhooks, again after a failure.
    "alerts": {"task": "workers.tasks.tell", "schedule": 3.0},
    # What changed by the hour and minute is written on to a time-series database.
    "points": {"task": "workers.tasks.points", "schedule": 5.0},
    # What was asked for and nobody finished, as Redis was wiped or its worker was killed.
    "unfinished rebuilds": {
        "task": "workers.tasks.rebuild",
        "schedule": 30.0,
        "kwargs": {"summaries": []},
    },
    # Each time a part of what has waited longest: all of it within hours.
    "audit": {"task": "workers.tasks.audit", "schedule": 10.0},
    # A no-op unless the night's refresh is due in the reporting time zone.
    "nightly refresh": {"task": "workers.tasks.nightly_refresh", "schedule": 900.0},
}
