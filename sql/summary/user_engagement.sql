CREATE TABLE analytics.user_engagement (
    user_id           bigint PRIMARY KEY,
    username          text,
    users             bigint NOT NULL,
    sessions_attended bigint NOT NULL,
    courses_enrolled  bigint NOT NULL,
    progress_sum      numeric NOT NULL,
    reviews_written   bigint NOT NULL,
    last_activity     timestamptz,
    avg_progress      numeric GENERATED ALWAYS AS (analytics.ratio(progress_sum, courses_enrolled)) STORED,
    -- 0.3 * mean progress is 3 * sum / (10 * count), of which nothing is rounded that could go wrong
    engagement_score  numeric GENERATED ALWAYS AS (
        least(3 * sessions_attended, 30)
        + least(5 * courses_enrolled, 25)
        + least(analytics.whole(3 * progress_sum, 10 * courses_enrolled), 30)
        + least(5 * reviews_written, 15)
    ) STORED
);

COMMENT ON TABLE analytics.user_engagement IS 'What each user did as a learner, all time.';
COMMENT ON COLUMN analytics.user_engagement.user_id IS 'MentorHub''s users.id.';
COMMENT ON COLUMN analytics.user_engagement.username IS 'The only personal datum that analytics keeps.';
COMMENT ON COLUMN analytics.user_engagement.users IS '1; 0 where the account is not there.';
COMMENT ON COLUMN analytics.user_engagement.sessions_attended IS 'Completed sessions as a student.';
COMMENT ON COLUMN analytics.user_engagement.courses_enrolled IS 'Enrolments.';
COMMENT ON COLUMN analytics.user_engagement.progress_sum IS 'Their progress_percent together.';
COMMENT ON COLUMN analytics.user_engagement.reviews_written IS 'Reviews written.';
COMMENT ON COLUMN analytics.user_engagement.last_activity IS 'When the newest of the user''s sessions, enrolments, lessons, reviews and payments was created.';
COMMENT ON COLUMN analytics.user_engagement.avg_progress IS 'Mean progress over the enrolments, percent.';
COMMENT ON COLUMN analytics.user_engagement.engagement_score IS '0 to 100: up to 30 for sessions, 25 for courses, 30 for progress, 15 for reviews.';
