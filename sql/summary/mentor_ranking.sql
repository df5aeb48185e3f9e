{% from "ranking/lengths.sql" import served, kept, most %}
-- A mentor's place is not stored, as one session more would move everybody behind. Nor are the
-- sessions themselves: one of today is one more in each of 365 windows, but one row here.
CREATE TABLE analytics.listed_mentor (
    mentor_id bigint PRIMARY KEY,
    sessions  bigint NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE analytics.listed_mentor IS 'Sessions of each mentor who is in a list.';
COMMENT ON COLUMN analytics.listed_mentor.mentor_id IS 'MentorHub''s mentors.id.';
COMMENT ON COLUMN analytics.listed_mentor.sessions IS 'Since some day of the past, which is the same for all of the mentor''s windows.';

CREATE TABLE analytics.mentor_window (
    from_day  date,
    mentor_id bigint,
    less      bigint NOT NULL,
    PRIMARY KEY (from_day, mentor_id)
) WITH (fillfactor = 50);
CREATE INDEX mentor_window_of_mentor ON analytics.mentor_window (mentor_id);
COMMENT ON TABLE analytics.mentor_window IS 'Who is in the list of which window.';
COMMENT ON COLUMN analytics.mentor_window.from_day IS 'First day of the window, which ends with analytics.freshness.day.';
COMMENT ON COLUMN analytics.mentor_window.mentor_id IS 'Of analytics.listed_mentor.';
COMMENT ON COLUMN analytics.mentor_window.less IS 'How many of the sessions there were before the window.';
COMMENT ON INDEX analytics.mentor_window_of_mentor IS 'For the mentors that a fold changes.';

CREATE VIEW analytics.mentor_ranking AS
SELECT
    mentor_window.from_day,
    mentor_id,
    listed_mentor.sessions - mentor_window.less AS sessions
FROM analytics.mentor_window INNER JOIN analytics.listed_mentor USING (mentor_id);

COMMENT ON VIEW analytics.mentor_ranking IS 'The mentors with the most sessions in every window of 1 to 365 days: {{ served }} are served, up to {{ most - served }} more stand by to move up.';
COMMENT ON COLUMN analytics.mentor_ranking.from_day IS 'First day of the window, which ends with analytics.freshness.day.';
COMMENT ON COLUMN analytics.mentor_ranking.mentor_id IS 'MentorHub''s mentors.id.';
COMMENT ON COLUMN analytics.mentor_ranking.sessions IS 'The mentor''s sessions created in the window.';
