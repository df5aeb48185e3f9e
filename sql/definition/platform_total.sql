CREATE VIEW platform_total AS
SELECT
    1 AS id,
    accounts.*,
    meetings.*,
    catalogue.*,
    enrolled.*,
    opinions.*
FROM
    (
        SELECT
            coalesce(sum(w), 0) AS users,
            coalesce(sum(w) FILTER (WHERE role = 'student'), 0) AS students,
            coalesce(sum(w) FILTER (WHERE role = 'mentor'), 0) AS mentors,
            coalesce(sum(w) FILTER (WHERE is_verified), 0) AS verified_users
        FROM users
    ) AS accounts,
    (
        SELECT
            coalesce(sum(w), 0) AS sessions,
            coalesce(sum(w) FILTER (WHERE status = 'completed'), 0) AS completed_sessions,
            coalesce(sum(w) FILTER (WHERE status = 'scheduled'), 0) AS scheduled_sessions
        FROM sessions
    ) AS meetings,
    (
        SELECT
            coalesce(sum(w), 0) AS courses,
            coalesce(sum(w) FILTER (WHERE is_active), 0) AS published_courses
        FROM courses
    ) AS catalogue,
    (
        SELECT coalesce(sum(w), 0) AS enrollments
        FROM course_enrollments
    ) AS enrolled,
    (
        SELECT
            coalesce(sum(w), 0) AS reviews,
            coalesce(sum(w) FILTER (WHERE rating IS NOT NULL), 0) AS ratings,
            coalesce(sum(w * rating), 0) AS rating_sum
        FROM reviews
    ) AS opinions;

COMMENT ON VIEW platform_total IS 'The platform in one row, all time.';
