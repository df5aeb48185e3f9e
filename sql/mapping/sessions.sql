CREATE VIEW sessions AS
SELECT
    id,
    student_id,
    mentor_id,
    CASE WHEN duration_minutes IS NULL THEN 0 ELSE source.number(duration_minutes) END AS duration_minutes,
    coalesce(source.word(status), 'unknown') AS status,
    source.instant(created_at) AS created_at,
    (source.instant(created_at) AT TIME ZONE (SELECT timezone FROM analytics.reporting))::date AS day,
    date_trunc('hour', source.instant(created_at), (SELECT timezone FROM analytics.reporting)) AS hour,
    date_bin('1 minute', source.instant(created_at), timestamptz '0001-01-01 00:00:00+00 BC') AS minute,
    source.instant(scheduled_at) AS scheduled_at,
    (source.instant(scheduled_at) AT TIME ZONE (SELECT timezone FROM analytics.reporting))::date AS scheduled_day,
    CASE
        WHEN duration_minutes IS NOT NULL AND source.number(duration_minutes) IS NULL THEN 'duration_minutes is not a number that can be counted'
        WHEN source.instant(created_at) IS NULL THEN 'created_at is not a date of the years 1 to 9999'
        WHEN NOT source.is_text(status) THEN 'status is not in UTF-8'
        WHEN scheduled_at IS NOT NULL AND source.instant(scheduled_at) IS NULL THEN 'scheduled_at is not a date of the years 1 to 9999'
    END AS unusable,
    w
FROM sessions;

COMMENT ON VIEW sessions IS 'Mentoring sessions; mentor_id is mentors.id, student_id is users.id; created_at: when they were booked, scheduled_at: when they are held.';
