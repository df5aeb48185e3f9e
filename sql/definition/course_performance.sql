CREATE VIEW course_performance AS
SELECT
    course_id,
    max(title) AS title,
    sum(courses) AS courses,
    sum(enrollments) AS enrollments,
    sum(progress_sum) AS progress_sum,
    sum(completed) AS completed,
    sum(ratings) AS ratings,
    sum(rating_sum) AS rating_sum
FROM (
    SELECT
        id AS course_id,
        title,
        w AS courses,
        0 AS enrollments,
        0 AS progress_sum,
        0 AS completed,
        0 AS ratings,
        0 AS rating_sum
    FROM courses
    UNION ALL
    SELECT
        course_id,
        NULL,
        0,
        w,
        w * progress_percent,
        w * completed::integer,
        0,
        0
    FROM course_enrollments
    WHERE course_id IS NOT NULL
    UNION ALL
    SELECT
        course_id,
        NULL,
        0,
        0,
        0,
        0,
        w,
        w * rating
    FROM reviews
    WHERE course_id IS NOT NULL AND rating IS NOT NULL
) AS parts
GROUP BY course_id;

COMMENT ON VIEW course_performance IS 'Enrolments, progress and ratings by course; courses is 0 where only reviews of a course that is not there are left.';
