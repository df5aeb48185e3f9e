CREATE TABLE analytics.session_day (
    day      date,
    status   text COLLATE "C",
    sessions bigint NOT NULL,
    minutes  numeric NOT NULL,
    PRIMARY KEY (day, status)
);

COMMENT ON TABLE analytics.session_day IS 'Sessions by day of creation and status.';
COMMENT ON COLUMN analytics.session_day.day IS 'Day in the reporting time zone.';
COMMENT ON COLUMN analytics.session_day.status IS 'Status now, lower case.';
COMMENT ON COLUMN analytics.session_day.sessions IS 'Sessions created on the day.';
COMMENT ON COLUMN analytics.session_day.minutes IS 'Their planned minutes together.';
