CREATE VIEW course_enrollments AS
SELECT
    user_id,
    course_id,
    coalesce(progress_percent, 0) AS progress_percent,
    coalesce(completed, false) AS completed,
    source.instant(created_at) AS created_at,
    w
FROM course_enrollments;

COMMENT ON VIEW course_enrollments IS 'One row per user and course; progress_percent is 0 to 100.';
