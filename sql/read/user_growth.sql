SELECT
    answer.as_of,
    answer.version,
    answer.changed_at,
    answer.pending,
    answer.timezone,
    answer.currency,
    answer.today,
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
                        calendar.day AS date,
                        coalesce(stored.new_users, 0) AS new_users
                    FROM analytics.calendar LEFT JOIN analytics.user_day AS stored USING (day)
                    WHERE calendar.ago < :days
                    ORDER BY calendar.day
                ) AS entry
            ) AS data
    ) AS body
WHERE answer.family = 'user_growth'
