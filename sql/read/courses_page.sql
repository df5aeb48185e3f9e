WITH listed AS (
    SELECT
        course_id,
        title,
        enrollments,
        avg_progress,
        completed,
        completion_rate,
        avg_rating,
        CASE :sort
            WHEN 'enrollments' THEN enrollments
            WHEN 'avg_progress' THEN avg_progress
            WHEN 'completed' THEN completed
            WHEN 'completion_rate' THEN completion_rate
            WHEN 'avg_rating' THEN avg_rating
            ELSE 0
        END AS number,
        -- as if ё were the letter behind е
        CASE :sort WHEN 'title' THEN replace(caseless_title, 'ё', 'е' || chr(1114111)) ELSE '' END AS name
    FROM analytics.course_performance
    WHERE courses > 0 AND strpos(translate(caseless_title, 'ё', 'е'), translate(analytics.caseless(:search), 'ё', 'е')) > 0
),

-- and one row more, if there is any: it tells that another page follows
page AS (
    SELECT *
    FROM listed
    WHERE
        CASE
            WHEN CAST(:after_course AS bigint) IS NULL THEN true
            WHEN :order = 'asc' THEN (number, name, course_id) > (:after_number, :after_name, :after_course)
            ELSE (number, name, course_id) < (:after_number, :after_name, :after_course)
        END
    ORDER BY
        CASE :order WHEN 'asc' THEN number END,
        CASE :order WHEN 'asc' THEN name END,
        CASE :order WHEN 'asc' THEN course_id END,
        number DESC,
        name DESC,
        course_id DESC
    LIMIT :limit + 1
)

SELECT
    answer.*,
    NULL::date AS from_day,
    NULL::date AS to_day,
    (
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
    ) AS next_cursor,
    row_to_json(body)::text AS body
FROM
    analytics.answer
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
