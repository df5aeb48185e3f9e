CREATE VIEW user_day AS
SELECT
    day,
    sum(w) AS new_users
FROM users
WHERE day IS NOT NULL
GROUP BY day;

COMMENT ON VIEW user_day IS 'Accounts by the day they were created.';
