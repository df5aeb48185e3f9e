SELECT
    answer.*,
    NULL::date AS from_day,
    NULL::date AS to_day,
    course_count.is_long,
    CASE WHEN NOT course_count.is_long THEN row_to_json(body)::text END AS body
FROM
    analytics.answer
    CROSS JOIN analytics.course_count
    CROSS JOIN LATERAL (
        SELECT
            array(
                SELECT row_to_json(course)
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
                    WHERE courses > 0
                    ORDER BY course_id
                ) AS course
            ) AS courses
    ) AS body
WHERE answer.family = 'courses'
