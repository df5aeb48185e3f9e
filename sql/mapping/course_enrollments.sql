CREATE VIEW course_enrollments AS
SELECT
    id,
    user_id,
    course_id,
    CASE WHEN progress_percent IS NULL THEN 0 ELSE source.number(progress_percent) END AS progress_percent,
    source.flag(completed) AS completed,
    source.instant(created_at) AS created_at,
    CASE
        WHEN progress_percent IS NOT NULL AND source.number(progress_percent) IS NULL THEN 'progress_percent is not a number that can be counted'
        WHEN source.instant(created_at) IS NULL THEN 'created_at is not a date of the years 1 to 9999'
    END AS unusable,
    w
FROM course_enrollments;

COMMENT ON VIEW course_enrollments IS 'One row per user and course; progress_percent is 0 to 100.';
