"""What analytics.readings() gives: the label of each number, and what it is.

Prometheus has them as `analytics_NAME`, and the alarms of shared/alarms.py look at some.
"""

READINGS: dict[str, tuple[str, str]] = {
    "apply_errors": ("", "How often the subscription has failed since it last made progress."),
    "as_of_age_seconds": ("family", "How old the moment is as of which an answer is right."),
    "as_of_share": ("family", "The same as a share of the most that is promised."),
    "audit_age_seconds": ("summary", "Since when every row of it has been compared."),
    "drift_open_rows": ("summary", "Wrong rows found that nobody has taken note of."),
    "drift_rows": ("summary", "Wrong rows found, and repaired, since the installation."),
    "failed_task_share": (
        "",
        "Share of the tasks of the last 10 minutes that failed, of 20 at least.",
    ),
    "part_silent_seconds": ("part", "Since when no sign of life came from it."),
    "parts_alive": ("part", "On how many machines it gave a sign of life lately."),
    "pending_age_seconds": ("family", "How long a change has waited at most to be counted."),
    "pending_changes": ("family", "Signed rows not counted yet, of each table 1,000 at most."),
    "points_refused_seconds": ("", "Since when a time-series database took no points; 0: it does."),
    "queue_length": ("", "Tasks that wait in Redis."),
    "rebuild_failed": ("family", "1 where its last rebuild was given up."),
    "rebuild_seconds": ("family", "How long its last rebuild took."),
    "rebuild_silent_seconds": ("", "Since when a rebuild under way made no progress."),
    "replication_age_seconds": ("", "How old the newest moment is up to which all has arrived."),
    "replication_trouble_seconds": ("", "For how long the guard has seen something wrong; 0: not."),
    "slot_inactive_seconds": ("", "For how long nobody has read the replication slot; 0: not."),
    "wal_retained_bytes": ("", "WAL that MentorHub keeps for us."),
    "wal_retained_share": ("", "The same as a share of max_slot_wal_keep_size."),
}
