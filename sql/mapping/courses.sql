CREATE VIEW courses AS
SELECT
    id,
    coalesce(title, '') AS title,
    source.flag(is_active) AS is_active,
    w
FROM courses;

COMMENT ON VIEW courses IS 'MentorHub''s courses; an active course is a published one.';
