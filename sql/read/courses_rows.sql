-- The list of courses_page.sql without its limit, a course a row: for one that is too long to be held.
SELECT row_to_json(course)::text AS course
FROM (
    SELECT
        course_id,
        title AS course_title,
        enrollments,
        avg_progress,
        completed,
        completion_rate,
        avg_rating
    FROM analytics.course_list(:sort, :order, :search, :after_number, :after_name, :after_course)
) AS course
