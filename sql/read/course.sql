SELECT
    answer.*,
    NULL::date AS from_day,
    NULL::date AS to_day,
    (
        SELECT row_to_json(course)::text
        FROM (
            SELECT
                course_id,
                title AS course_title,
                enrollments,
                avg_progress,
                completed,
                completion_rate,
                avg_rating
            FROM analytics.course_performance
            WHERE course_id = :course_id AND courses > 0
        ) AS course
    ) AS body
FROM analytics.answer
WHERE answer.family = 'courses'
