-- Five a user. Students and mentors are drawn among those who had joined by then, by weight;
-- students with a preference for the newcomers (power), for interest fades.
INSERT INTO sessions (
    id, student_id, mentor_id, scheduled_at, duration_minutes, status, meeting_link, notes,
    created_at, updated_at
)
SELECT
    id,
    pg_temp.pick(
        power(pg_temp.draw(id, seed + 401), 0.7),
        width_bucket(booked, students.joined),
        students.sessions
    ),
    pg_temp.pick(
        pg_temp.draw(id, seed + 402),
        width_bucket(booked, mentors.joined),
        mentors.sessions
    ),
    to_timestamp(starts) AT TIME ZONE 'UTC',
    minutes,
    CASE
        WHEN starts > until THEN
            CASE
                WHEN fate < 0.58 THEN 'SCHEDULED'::sessionstatus
                WHEN fate < 0.90 THEN 'CONFIRMED'
                ELSE 'CANCELLED'
            END
        WHEN starts + 60 * minutes > until THEN 'IN_PROGRESS'
        WHEN fate < 0.80 THEN 'COMPLETED'
        WHEN fate < 0.91 THEN 'CANCELLED'
        WHEN fate < 0.97 THEN 'NO_SHOW'
        WHEN fate < 0.99 THEN 'SCHEDULED' -- nobody ever closed it
        ELSE 'CONFIRMED'
    END,
    CASE WHEN fate < 0.80 THEN 'https://meet.example.com/' || id END,
    CASE WHEN fate > 0.90 THEN 'Личная заметка: перезвонить' END,
    to_timestamp(booked),
    to_timestamp(least(until, greatest(booked, starts + 60 * minutes)))
FROM (
    SELECT
        id, seed, until, booked,
        -- on the half hour, three weeks ahead at most
        1800 * ceil(
            (booked + 3600 + 1810000 * power(pg_temp.draw(id, seed + 403), 2)) / 1800
        ) AS starts,
        ('{60, 60, 60, 60, 60, 30, 30, 45, 90, 120}'::int[])[
            1 + floor(10 * pg_temp.draw(id, seed + 404))
        ] AS minutes,
        pg_temp.draw(id, seed + 405) AS fate
    FROM (
        SELECT
            id, seed, until,
            since + 3600 * (
                width_bucket(
                    (id - pg_temp.draw(id, seed + 406)) / (5 * users) * hours.activity[17520],
                    hours.activity
                )
                + pg_temp.draw(id, seed + 407)
            ) AS booked
        FROM demo
        CROSS JOIN (SELECT array_agg(activity ORDER BY hour) AS activity FROM demo_hour) AS hours
        CROSS JOIN generate_series(1, 5 * users) AS id
        OFFSET 0
    ) AS booking
    OFFSET 0
) AS appointment
CROSS JOIN (
    SELECT array_agg(joined ORDER BY id) AS joined, array_agg(sessions ORDER BY id) AS sessions
    FROM demo_user
) AS students
CROSS JOIN (
    SELECT array_agg(joined ORDER BY id) AS joined, array_agg(sessions ORDER BY id) AS sessions
    FROM demo_mentor
) AS mentors;

ANALYZE sessions;
