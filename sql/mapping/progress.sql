CREATE VIEW progress AS
SELECT
    id,
    user_id,
    course_id,
    lesson_id,
    CASE WHEN progress_percent IS NULL THEN 0 ELSE source.number(progress_percent) END AS progress_percent,
    source.flag(completed) AS completed,
    source.instant(created_at) AS created_at,
    (source.instant(created_at) AT TIME ZONE (SELECT timezone FROM analytics.reporting))::date AS day,
    CASE
        WHEN source.instant(created_at) IS NULL THEN 'created_at is not a date of the years 1 to 9999'
        WHEN progress_percent IS NOT NULL AND source.number(progress_percent) IS NULL THEN 'progress_percent is not a number that can be counted'
    END AS unusable,
    w
FROM progress;

COMMENT ON VIEW progress IS 'One row per user and lesson begun; progress_percent is 0 to 100, or 0 where MentorHub doesn''t keep it.';
