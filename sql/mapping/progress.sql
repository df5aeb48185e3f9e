CREATE VIEW progress AS
SELECT
    user_id,
    source.instant(created_at) AS created_at,
    w
FROM progress;

COMMENT ON VIEW progress IS 'One row per user and lesson begun.';
