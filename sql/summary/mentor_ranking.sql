{% from "ranking/lengths.sql" import served, kept, most %}
-- A mentor's place is not stored: one session more would move everybody behind.
CREATE TABLE analytics.mentor_ranking (
    from_day  date,
    mentor_id bigint,
    sessions  bigint NOT NULL,
    PRIMARY KEY (from_day, mentor_id)
) WITH (fillfactor = 50);
CREATE INDEX mentor_ranking_of_mentor ON analytics.mentor_ranking (mentor_id);

COMMENT ON TABLE analytics.mentor_ranking IS 'The mentors with the most sessions in every window of 1 to 365 days: {{ served }} are served, up to {{ most - served }} more stand by to move up.';
COMMENT ON COLUMN analytics.mentor_ranking.from_day IS 'First day of the window, which ends with analytics.freshness.day.';
COMMENT ON COLUMN analytics.mentor_ranking.mentor_id IS 'MentorHub''s mentors.id.';
COMMENT ON COLUMN analytics.mentor_ranking.sessions IS 'The mentor''s sessions created in the window.';
COMMENT ON INDEX analytics.mentor_ranking_of_mentor IS 'For the mentors that a fold changes.';
