-- About three a user: a pair that is drawn twice is enrolled once.
INSERT INTO course_enrollments (
    id, user_id, course_id, progress_percent, completed, completed_at, created_at, updated_at
)
SELECT DISTINCT ON (user_id, course_id)
    id,
    user_id,
    course_id,
    progress_percent,
    progress_percent = 100,
    CASE WHEN progress_percent = 100 THEN to_timestamp(last) AT TIME ZONE 'UTC' END,
    to_timestamp(enrolled),
    to_timestamp(last)
FROM (
    SELECT
        id,
        enrolled,
        pg_temp.pick(
            power(pg_temp.draw(id, seed + 501), 0.8),
            width_bucket(enrolled, students.joined),
            students.enrollments
        ) AS user_id,
        pg_temp.pick(
            pg_temp.draw(id, seed + 502),
            width_bucket(enrolled, courses.opened),
            courses.enrollments
        ) AS course_id,
        CASE
            WHEN zeal < 0.25 THEN 0
            WHEN zeal > 0.65 AND finish <= until THEN 100
            ELSE floor(
                100 * pg_temp.draw(id, seed + 503) * least(1, (until - enrolled) / (90 * 86400))
            )::int
        END AS progress_percent,
        CASE WHEN zeal < 0.25 THEN enrolled ELSE least(until, finish) END AS last
    FROM (
        SELECT
            id, seed, until, enrolled,
            pg_temp.draw(id, seed + 504) AS zeal,
            enrolled + 86400 * (2 + 90 * pg_temp.draw(id, seed + 505)) AS finish
        FROM (
            SELECT
                id, seed, until,
                since + 3600 * (
                    width_bucket(
                        (id - pg_temp.draw(id, seed + 506)) / draws * hours.activity[17520],
                        hours.activity
                    )
                    + pg_temp.draw(id, seed + 507)
                ) AS enrolled
            FROM (SELECT demo.*, users * 16 / 5 AS draws FROM demo) AS demo
            CROSS JOIN (
                SELECT array_agg(activity ORDER BY hour) AS activity FROM demo_hour
            ) AS hours
            CROSS JOIN generate_series(1, draws) AS id
            OFFSET 0
        ) AS enrolment
        OFFSET 0
    ) AS learning
    CROSS JOIN (
        SELECT
            array_agg(joined ORDER BY id) AS joined,
            array_agg(enrollments ORDER BY id) AS enrollments
        FROM demo_user
    ) AS students
    CROSS JOIN (
        SELECT
            array_agg(opened ORDER BY id) AS opened,
            array_agg(enrollments ORDER BY id) AS enrollments
        FROM demo_course
    ) AS courses
    OFFSET 0
) AS learned
ORDER BY user_id, course_id, id;

ANALYZE course_enrollments;
