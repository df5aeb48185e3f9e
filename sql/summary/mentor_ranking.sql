CREATE TABLE analytics.mentor_ranking (
    to_day    date,
    from_day  date,
    place     bigint,
    mentor_id bigint NOT NULL,
    sessions  bigint NOT NULL,
    PRIMARY KEY (from_day, to_day, place)
);

COMMENT ON TABLE analytics.mentor_ranking IS 'The ten mentors with the most sessions in every window of 1 to 365 days.';
COMMENT ON COLUMN analytics.mentor_ranking.to_day IS 'Newest day counted; right on later days too, as no session is dated in between.';
COMMENT ON COLUMN analytics.mentor_ranking.from_day IS 'First day of the window.';
COMMENT ON COLUMN analytics.mentor_ranking.place IS '1 to 10: most sessions first, then the smaller mentor_id.';
COMMENT ON COLUMN analytics.mentor_ranking.mentor_id IS 'MentorHub''s mentors.id.';
COMMENT ON COLUMN analytics.mentor_ranking.sessions IS 'The mentor''s sessions created in the window.';
