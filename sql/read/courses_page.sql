-- One row more than asked for, if there is any: it tells that another page follows.
WITH page AS (
    SELECT *
    FROM analytics.course_list(:sort, :order, :search, :after_number, :after_name, :after_course)
    LIMIT :limit + 1
)

SELECT
    answer.*,
    NULL::date AS from_day,
    NULL::date AS to_day,
    list.is_long,
    CASE WHEN NOT list.is_long THEN (
        SELECT
            translate(
                encode(convert_to(concat_ws(' ', CAST(:sort AS text), CAST(:order AS text), number, course_id, name), 'UTF8'), 'base64'),
                E'+/=\n',
                '-_'
            )
        FROM page
        WHERE (SELECT count(*) FROM page) > :limit
        OFFSET :limit - 1
        LIMIT 1
    ) END AS next_cursor,
    CASE WHEN NOT list.is_long THEN row_to_json(body)::text END AS body
FROM
    analytics.answer
    CROSS JOIN LATERAL (
        SELECT CAST(:limit AS bigint) IS NULL AND (SELECT is_long FROM analytics.course_count) AS is_long
    ) AS list
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
                    FROM page
                    LIMIT :limit
                ) AS course
            ) AS courses
    ) AS body
WHERE answer.family = 'courses'
