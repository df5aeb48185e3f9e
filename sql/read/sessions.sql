SELECT
    answer.as_of,
    answer.version,
    answer.changed_at,
    answer.timezone,
    answer.today - :days + 1 AS from_day,
    answer.today AS to_day,
    row_to_json(body)::text AS body
FROM
    analytics.answer
    CROSS JOIN LATERAL (
        SELECT *
        FROM analytics.session_window
        WHERE
            from_day = answer.today - :days + 1
            AND to_day <= answer.today
            -- beyond it, sessions dated ahead would be missed: no answer then
            AND answer.today <= (SELECT max(from_day) FROM analytics.session_window)
        ORDER BY to_day DESC
        LIMIT 1
    ) AS stored
    CROSS JOIN LATERAL (
        SELECT
            stored.total,
            stored.by_status,
            stored.avg_duration_minutes,
            array(
                SELECT row_to_json(mentor)
                FROM (
                    SELECT
                        mentor_id,
                        sessions
                    FROM analytics.mentor_ranking
                    WHERE from_day = stored.from_day AND to_day = stored.to_day
                    ORDER BY place
                ) AS mentor
            ) AS top_mentors
    ) AS analytics
    CROSS JOIN LATERAL (SELECT :days AS period_days, analytics) AS body
WHERE answer.family = 'sessions'
