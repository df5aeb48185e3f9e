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
    INNER JOIN analytics.session_window AS stored ON stored.from_day = answer.today - :days + 1
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
                    WHERE from_day = stored.from_day AND place <= 10
                    ORDER BY place
                ) AS mentor
            ) AS top_mentors
    ) AS analytics
    CROSS JOIN LATERAL (SELECT :days AS period_days, analytics) AS body
WHERE answer.family = 'sessions'
