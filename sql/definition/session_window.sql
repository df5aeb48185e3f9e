CREATE VIEW session_window AS
WITH horizon AS MATERIALIZED (
    SELECT
        today,
        today - 364 AS first_day
    FROM (SELECT analytics.today() AS today) AS clock
)

SELECT
    horizon.first_day + days_later AS from_day,
    session_day.status,
    sum(session_day.sessions) AS sessions,
    sum(session_day.minutes) AS minutes
FROM
    session_day
    INNER JOIN horizon ON session_day.day >= horizon.first_day AND session_day.day <= horizon.today
    CROSS JOIN LATERAL generate_series(0, session_day.day - horizon.first_day) AS days_later
GROUP BY horizon.first_day + days_later, session_day.status;

COMMENT ON VIEW session_window IS 'Sessions and their planned minutes by status, in every window of 1 to 365 days that ends today.';
