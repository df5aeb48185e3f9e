-- No index by day: a plan made while the table is young could look keys up in it.
CREATE TABLE analytics.mentor_day (
    mentor_id bigint,
    day       date,
    sessions  bigint NOT NULL,
    PRIMARY KEY (mentor_id, day)
);

COMMENT ON TABLE analytics.mentor_day IS 'Sessions by mentor and day of creation: what the ranking is counted from.';
COMMENT ON COLUMN analytics.mentor_day.mentor_id IS 'MentorHub''s mentors.id.';
COMMENT ON COLUMN analytics.mentor_day.day IS 'Day in the reporting time zone.';
COMMENT ON COLUMN analytics.mentor_day.sessions IS 'Sessions created on the day, of any status.';
