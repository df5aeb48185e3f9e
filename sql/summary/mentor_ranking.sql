CREATE TABLE analytics.mentor_ranking (
    from_day  date,
    place     bigint,
    mentor_id bigint NOT NULL,
    sessions  bigint NOT NULL,
    PRIMARY KEY (from_day, place)
);

COMMENT ON TABLE analytics.mentor_ranking IS 'The mentors with the most sessions in every window of 1 to 365 days: ten are served, the others stand by to move up.';
COMMENT ON COLUMN analytics.mentor_ranking.from_day IS 'First day of the window, which ends with analytics.freshness.day.';
COMMENT ON COLUMN analytics.mentor_ranking.place IS '1 to 20: most sessions first, then the smaller mentor_id. As many as are known for certain, and at least 10 where there are so many.';
COMMENT ON COLUMN analytics.mentor_ranking.mentor_id IS 'MentorHub''s mentors.id.';
COMMENT ON COLUMN analytics.mentor_ranking.sessions IS 'The mentor''s sessions created in the window.';
