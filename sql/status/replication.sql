-- Up to when MentorHub's commits have arrived, who listens to changes, and what the guard sees.
SELECT
    control.replicated_until() AS replicated_until,
    EXISTS (
        SELECT
        FROM pg_stat_activity
        WHERE application_name = 'analytics relay' AND datname = current_database()
    ) AS relay,
    health.sentence AS trouble,
    health.since AS trouble_since
FROM control.health
