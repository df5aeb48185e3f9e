-- Up to when MentorHub's commits have arrived, who listens to changes, what the guard sees, and
-- what was found to differ from MentorHub's rows.
SELECT
    control.replicated_until() AS replicated_until,
    EXISTS (
        SELECT
        FROM pg_stat_activity
        WHERE application_name = 'analytics relay' AND datname = current_database()
    ) AS relay,
    health.sentence AS trouble,
    health.since AS trouble_since,
    (SELECT min(audited_at) FROM control.mirror_audit) AS mirror_audited_at,
    (SELECT coalesce(sum(incidents), 0)::bigint FROM control.mirror_audit) AS mirror_incidents
FROM control.health
