-- The first twelve are there from the beginning. One course in ten, and always course 12, has no
-- enrolment; course 11 has no lesson.
CREATE TEMP TABLE demo_course ON COMMIT DROP AS
SELECT
    id,
    opened,
    sum(
        CASE
            WHEN id = 12 OR (id > 12 AND pg_temp.draw(id, seed + 301) < 0.1) THEN 0
            ELSE least(40, power(1 - pg_temp.draw(id, seed + 302), -0.7))
        END
    ) OVER (ORDER BY id) AS enrollments,
    CASE
        WHEN id = 11 THEN 0
        ELSE 2 + floor(5 * power(pg_temp.draw(id, seed + 303), 2))::int
    END AS lessons
FROM (
    SELECT row_number() OVER (ORDER BY opened) AS id, opened
    FROM (
        SELECT since + 60 * first AS opened
        FROM demo, generate_series(1, 12) AS first
        UNION ALL
        SELECT
            since + 3600 * (
                width_bucket(
                    pg_temp.draw(number, seed + 304) * hours.signups[17520], hours.signups
                )
                + pg_temp.draw(number, seed + 305)
            )
        FROM demo
        CROSS JOIN (SELECT array_agg(signups ORDER BY hour) AS signups FROM demo_hour) AS hours
        CROSS JOIN generate_series(1, courses - 12) AS number
    ) AS opening
) AS openings
CROSS JOIN demo;

ANALYZE demo_course;

INSERT INTO courses (id, instructor_id, title, description, is_active, created_at, updated_at)
SELECT
    course.id,
    pg_temp.pick(
        pg_temp.draw(course.id, seed + 311),
        width_bucket(opened, mentors.joined),
        mentors.sessions
    ),
    (ARRAY[
        'Python', 'Java', 'Go', 'SQL и базы данных', 'Машинное обучение', 'Веб-дизайн',
        'Продуктовая аналитика', 'Английский язык', 'Алгоритмы', 'Тестирование',
        'Docker и Kubernetes', 'Публичные выступления',
        'Управление проектами', 'React', 'Статистика', 'Тайм-менеджмент'
    ])[1 + floor(16 * pg_temp.draw(course.id, seed + 312))]
    || (ARRAY[
        ' для начинающих', ' с нуля', ': продвинутый курс', ' на практике', ' за 30 дней',
        ', часть ' || 1 + course.id % 4, ' (интенсив)', ': подготовка к собеседованию'
    ])[1 + floor(8 * pg_temp.draw(course.id, seed + 313))],
    'Чему вы научитесь: думать, делать, не сдаваться.',
    course.id <> 3 AND (course.id <= 12 OR pg_temp.draw(course.id, seed + 314) >= 0.12),
    to_timestamp(opened),
    to_timestamp(opened + (until - opened) * pg_temp.draw(course.id, seed + 315))
FROM demo_course AS course
CROSS JOIN demo
CROSS JOIN (
    SELECT array_agg(joined ORDER BY id) AS joined, array_agg(sessions ORDER BY id) AS sessions
    FROM demo_mentor
) AS mentors;

ANALYZE courses;
