CREATE VIEW courses AS
SELECT
    id,
    coalesce(title, '') AS title,
    source.flag(is_active) AS is_active,
    instructor_id,
    CASE WHEN NOT source.is_text(title) THEN 'title is not in UTF-8' END AS unusable,
    w
FROM courses;

COMMENT ON VIEW courses IS 'MentorHub''s courses; an active course is a published one; instructor_id is mentors.id.';
