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
            coalesce(sum(stored.sessions), 0)::bigint AS total,
            -- by hand, as json_object_agg puts blanks where the rest of a body has none
            format(
                '{%s}',
                string_agg(format('%s:%s', to_json(status), coalesce(stored.sessions, 0)), ',' ORDER BY known.place, status)
            )::json AS by_status,
            analytics.ratio(coalesce(sum(stored.minutes), 0), coalesce(sum(stored.sessions), 0)) AS avg_duration_minutes,
            array(
                SELECT row_to_json(mentor)
                FROM (
                    SELECT
                        mentor_id,
                        sessions
                    FROM analytics.mentor_ranking
                    WHERE from_day = answer.today - :days + 1 AND place <= 10
                    ORDER BY place
                ) AS mentor
            ) AS top_mentors
        FROM
            unnest(ARRAY['scheduled', 'confirmed', 'in_progress', 'completed', 'cancelled', 'no_show'])
            WITH ORDINALITY AS known (status, place)
            FULL JOIN (
                SELECT * FROM analytics.session_window WHERE from_day = answer.today - :days + 1
            ) AS stored USING (status)
    ) AS analytics
    CROSS JOIN LATERAL (SELECT :days AS period_days, analytics) AS body
WHERE answer.family = 'sessions'
