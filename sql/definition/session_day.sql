CREATE VIEW session_day AS
SELECT
    day,
    status,
    sum(w) AS sessions,
    sum(w * duration_minutes) AS minutes
FROM sessions
WHERE day IS NOT NULL AND duration_minutes IS NOT NULL
GROUP BY day, status;

COMMENT ON VIEW session_day IS 'Sessions and their planned minutes by day of creation and status.';
