SELECT
    (
        SELECT json_object_agg(status, sessions)
        FROM (
            SELECT
                status,
                count(*) AS sessions
            FROM public.sessions
            WHERE created_at >= now() - %(days)s * interval '1 day'
            GROUP BY status
        ) AS by_status
    ) AS by_status,
    (
        SELECT avg(duration_minutes)
        FROM public.sessions
        WHERE created_at >= now() - %(days)s * interval '1 day'
    ) AS avg_duration_minutes,
    (
        SELECT json_agg(mentor)
        FROM (
            SELECT
                mentor_id,
                count(*) AS sessions
            FROM public.sessions
            WHERE created_at >= now() - %(days)s * interval '1 day'
            GROUP BY mentor_id
            ORDER BY sessions DESC
            LIMIT 10
        ) AS mentor
    ) AS top_mentors
