CREATE VIEW reviews AS
SELECT
    user_id,
    course_id,
    rating,
    source.instant(created_at) AS created_at,
    w
FROM reviews;

COMMENT ON VIEW reviews IS 'Reviews written by user_id; course_id is NULL in reviews of mentors and may point at no course.';
