CREATE VIEW users AS
SELECT
    id,
    username,
    lower(role COLLATE "C") AS role,
    is_active,
    is_verified,
    source.instant(created_at) AS created_at,
    (source.instant(created_at) AT TIME ZONE (SELECT timezone FROM analytics.reporting))::date AS day,
    w
FROM users;

COMMENT ON VIEW users IS 'MentorHub''s accounts; day: when they were created, in the reporting time zone.';
