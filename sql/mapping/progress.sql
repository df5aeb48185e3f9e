CREATE VIEW progress AS
SELECT
    id,
    user_id,
    source.instant(created_at) AS created_at,
    CASE WHEN source.instant(created_at) IS NULL THEN 'created_at is not a date of the years 1 to 9999' END AS unusable,
    w
FROM progress;

COMMENT ON VIEW progress IS 'One row per user and lesson begun.';
