CREATE VIEW courses AS
SELECT
    id,
    title,
    is_active,
    w
FROM courses;

COMMENT ON VIEW courses IS 'MentorHub''s courses; an active course is a published one.';
