CREATE VIEW users AS
SELECT
    id,
    coalesce(username, '') AS username,
    source.word(role) AS role,
    source.flag(is_active) AS is_active,
    source.flag(is_verified) AS is_verified,
    source.instant(created_at) AS created_at,
    (source.instant(created_at) AT TIME ZONE (SELECT timezone FROM analytics.reporting))::date AS day,
    date_trunc('hour', source.instant(created_at), (SELECT timezone FROM analytics.reporting)) AS hour,
    date_bin('1 minute', source.instant(created_at), timestamptz '0001-01-01 00:00:00+00 BC') AS minute,
    CASE
        WHEN source.instant(created_at) IS NULL THEN 'created_at is not a date of the years 1 to 9999'
        WHEN NOT source.is_text(username) THEN 'username is not in UTF-8'
        WHEN NOT source.is_text(role) THEN 'role is not in UTF-8'
    END AS unusable,
    w
FROM users;

COMMENT ON VIEW users IS 'MentorHub''s accounts; day: when they were created, in the reporting time zone.';
