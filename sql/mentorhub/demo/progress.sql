-- One row for each lesson the enrolled user has reached, the last one perhaps half done.
INSERT INTO progress (
    id, user_id, course_id, lesson_id, progress_percent, completed, created_at, updated_at
)
SELECT
    8 * enrolment.id + position,
    user_id,
    course_id,
    8 * (course_id - 1) + position,
    done,
    done = 100,
    created_at + (updated_at - created_at) * ((position - 1) / lessons::float8),
    created_at + (updated_at - created_at) * (position / lessons::float8)
FROM course_enrollments AS enrolment
JOIN demo_course AS course ON course.id = course_id
CROSS JOIN LATERAL generate_series(1, (progress_percent * lessons + 99) / 100) AS position
CROSS JOIN LATERAL (
    SELECT least(100, progress_percent * lessons - 100 * (position - 1)) AS done
) AS lesson;

ANALYZE progress;
