CREATE TABLE analytics.user_day (
    day       date PRIMARY KEY,
    new_users bigint NOT NULL
);

COMMENT ON TABLE analytics.user_day IS 'Accounts by the day they were created.';
COMMENT ON COLUMN analytics.user_day.day IS 'Day in the reporting time zone.';
COMMENT ON COLUMN analytics.user_day.new_users IS 'Accounts created on it.';
