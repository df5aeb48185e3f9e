SELECT
    answer.*,
    answer.today - :days + 1 AS from_day,
    answer.today AS to_day,
    analytics.compared(row_to_json(body), answer.today - 2 * :days + 1, answer.today - :days, row_to_json(metrics)) AS body
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
    LEFT JOIN LATERAL (
        SELECT
            analytics.change(
                coalesce(sum(new_users) FILTER (WHERE day > answer.today - :days), 0),
                coalesce(sum(new_users) FILTER (WHERE day <= answer.today - :days), 0)
            ) AS new_users
        FROM analytics.user_day
        WHERE day BETWEEN answer.today - 2 * :days + 1 AND answer.today
    ) AS metrics ON :compare = 'previous'
WHERE answer.family = 'user_growth'
