SELECT
    answer.as_of,
    answer.version,
    answer.changed_at,
    answer.pending,
    answer.timezone,
    answer.today - :days + 1 AS from_day,
    answer.today AS to_day,
    row_to_json(body)::text AS body
FROM
    analytics.answer
    CROSS JOIN LATERAL (
        SELECT
            :days AS period_days,
            array(
                SELECT row_to_json(entry)
                FROM (
                    SELECT
                        answer.today - ago AS date,
                        coalesce(stored.new_users, 0) AS new_users
                    FROM
                        generate_series(:days - 1, 0, -1) AS ago
                        LEFT JOIN analytics.user_day AS stored ON stored.day = answer.today - ago
                    ORDER BY ago DESC
                ) AS entry
            ) AS data
    ) AS body
WHERE answer.family = 'user_growth'
