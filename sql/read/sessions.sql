SELECT
    answer.*,
    answer.today - :days + 1 AS from_day,
    answer.today AS to_day,
    analytics.compared(row_to_json(body), answer.today - 2 * :days + 1, answer.today - :days, metrics.by_name) AS body
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
                    WHERE from_day = answer.today - :days + 1
                    ORDER BY sessions DESC, mentor_id
                    LIMIT 10
                ) AS mentor
            ) AS top_mentors
        FROM
            unnest(ARRAY['scheduled', 'confirmed', 'in_progress', 'completed', 'cancelled', 'no_show'])
            WITH ORDINALITY AS known (status, place)
            FULL JOIN (
                SELECT
                    status,
                    sum(sessions) AS sessions,
                    sum(minutes) AS minutes
                FROM analytics.session_day
                WHERE day BETWEEN answer.today - :days + 1 AND answer.today
                GROUP BY status
            ) AS stored USING (status)
    ) AS analytics
    CROSS JOIN LATERAL (SELECT :days AS period_days, analytics) AS body
    LEFT JOIN LATERAL (
        SELECT
            format(
                '{"total":%s,%s,"avg_duration_minutes":%s}',
                analytics.change(analytics.total, coalesce(sum(before.sessions), 0)),
                string_agg(
                    format(
                        '%s:%s',
                        to_json('by_status.' || status),
                        analytics.change(coalesce(inside.sessions::bigint, 0), coalesce(before.sessions, 0))
                    ),
                    ',' ORDER BY inside.place, status
                ),
                analytics.change(analytics.avg_duration_minutes, analytics.ratio(sum(before.minutes), sum(before.sessions)))
            )::json AS by_name
        FROM
            json_each_text(analytics.by_status) WITH ORDINALITY AS inside (status, sessions, place)
            FULL JOIN (
                SELECT
                    status,
                    sum(sessions) AS sessions,
                    sum(minutes) AS minutes
                FROM analytics.session_day
                WHERE day BETWEEN answer.today - 2 * :days + 1 AND answer.today - :days
                GROUP BY status
            ) AS before USING (status)
    ) AS metrics ON :compare = 'previous'
WHERE answer.family = 'sessions'
