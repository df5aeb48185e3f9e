CREATE VIEW user_engagement AS
SELECT
    user_id,
    max(username) AS username,
    sum(users) AS users,
    sum(sessions_attended) AS sessions_attended,
    sum(courses_enrolled) AS courses_enrolled,
    sum(progress_sum) AS progress_sum,
    sum(reviews_written) AS reviews_written,
    max(active_at) AS last_activity
FROM (
    SELECT
        id AS user_id,
        username,
        w AS users,
        0 AS sessions_attended,
        0 AS courses_enrolled,
        0 AS progress_sum,
        0 AS reviews_written,
        NULL::timestamptz AS active_at
    FROM users
    UNION ALL
    SELECT
        student_id,
        NULL,
        0,
        w * (status = 'completed')::integer,
        0,
        0,
        0,
        created_at
    FROM sessions
    UNION ALL
    SELECT
        user_id,
        NULL,
        0,
        0,
        w,
        w * progress_percent,
        0,
        created_at
    FROM course_enrollments
    UNION ALL
    SELECT
        user_id,
        NULL,
        0,
        0,
        0,
        0,
        0,
        created_at
    FROM progress
    UNION ALL
    SELECT
        user_id,
        NULL,
        0,
        0,
        0,
        0,
        w,
        created_at
    FROM reviews
    UNION ALL
    SELECT
        student_id,
        NULL,
        0,
        0,
        0,
        0,
        0,
        created_at
    FROM payments
) AS parts
WHERE user_id IS NOT NULL
GROUP BY user_id;

COMMENT ON VIEW user_engagement IS 'What each user did as a learner, all time.';
