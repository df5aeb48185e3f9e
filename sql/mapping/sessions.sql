CREATE VIEW sessions AS
SELECT
    student_id,
    mentor_id,
    coalesce(duration_minutes, 0) AS duration_minutes,
    coalesce(lower(status COLLATE "C"), 'unknown') AS status,
    source.instant(created_at) AS created_at,
    (source.instant(created_at) AT TIME ZONE (SELECT timezone FROM analytics.reporting))::date AS day,
    w
FROM sessions;

COMMENT ON VIEW sessions IS 'Mentoring sessions; mentor_id is mentors.id, student_id is users.id.';
