-- Stored by its first day: midnight leaves every window but one as it is.
CREATE TABLE analytics.session_window (
    from_day date,
    status   text COLLATE "C",
    sessions bigint NOT NULL,
    minutes  numeric NOT NULL,
    PRIMARY KEY (from_day, status)
) WITH (fillfactor = 50);

COMMENT ON TABLE analytics.session_window IS 'Sessions of every window of 1 to 365 days, by status.';
COMMENT ON COLUMN analytics.session_window.from_day IS 'First day of the window, which ends with analytics.freshness.day.';
COMMENT ON COLUMN analytics.session_window.status IS 'Status now, lower case.';
COMMENT ON COLUMN analytics.session_window.sessions IS 'Sessions created in the window.';
COMMENT ON COLUMN analytics.session_window.minutes IS 'Their planned minutes together.';
