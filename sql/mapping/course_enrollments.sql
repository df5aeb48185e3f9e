CREATE VIEW course_enrollments AS
SELECT
    id,
    user_id,
    course_id,
    CASE WHEN progress_percent IS NULL THEN 0 ELSE source.number(progress_percent) END AS progress_percent,
    source.flag(completed) AS completed,
    source.instant(created_at) AS created_at,
    (source.instant(created_at) AT TIME ZONE (SELECT timezone FROM analytics.reporting))::date AS day,
    source.instant(completed_at) AS completed_at,
    (source.instant(completed_at) AT TIME ZONE (SELECT timezone FROM analytics.reporting))::date AS completed_day,
    CASE
        WHEN progress_percent IS NOT NULL AND source.number(progress_percent) IS NULL THEN 'progress_percent is not a number that can be counted'
        WHEN source.instant(created_at) IS NULL THEN 'created_at is not a date of the years 1 to 9999'
        WHEN completed_at IS NOT NULL AND source.instant(completed_at) IS NULL THEN 'completed_at is not a date of the years 1 to 9999'
    END AS unusable,
    w
FROM course_enrollments;

COMMENT ON VIEW course_enrollments IS 'One row per user and course; progress_percent is 0 to 100.';
