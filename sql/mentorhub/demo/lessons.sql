INSERT INTO lessons (id, course_id, "order", title, content, created_at, updated_at)
SELECT
    8 * (course.id - 1) + position,
    course.id,
    position,
    'Урок ' || position,
    'Текст урока',
    to_timestamp(opened),
    to_timestamp(opened)
FROM demo_course AS course
CROSS JOIN generate_series(1, lessons) AS position;

ANALYZE lessons;
