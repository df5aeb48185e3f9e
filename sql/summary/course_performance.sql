CREATE TABLE analytics.course_performance (
    course_id       bigint PRIMARY KEY,
    title           text,
    courses         bigint NOT NULL,
    enrollments     bigint NOT NULL,
    progress_sum    numeric NOT NULL,
    completed       bigint NOT NULL,
    ratings         bigint NOT NULL,
    rating_sum      numeric NOT NULL,
    avg_progress    numeric GENERATED ALWAYS AS (analytics.ratio(progress_sum, enrollments)) STORED,
    completion_rate numeric GENERATED ALWAYS AS (analytics.ratio(100 * completed, enrollments)) STORED,
    avg_rating      numeric GENERATED ALWAYS AS (analytics.ratio(rating_sum, ratings)) STORED,
    caseless_title  text COLLATE "C" NOT NULL GENERATED ALWAYS AS (coalesce(analytics.caseless(title), '')) STORED
);

COMMENT ON TABLE analytics.course_performance IS 'How each course does, all time.';
COMMENT ON COLUMN analytics.course_performance.course_id IS 'MentorHub''s courses.id.';
COMMENT ON COLUMN analytics.course_performance.title IS 'The course''s title.';
COMMENT ON COLUMN analytics.course_performance.courses IS '1; 0 where the course is not there and only reviews of it are.';
COMMENT ON COLUMN analytics.course_performance.enrollments IS 'Enrolments.';
COMMENT ON COLUMN analytics.course_performance.progress_sum IS 'Their progress_percent together.';
COMMENT ON COLUMN analytics.course_performance.completed IS 'Enrolments completed.';
COMMENT ON COLUMN analytics.course_performance.ratings IS 'Reviews of the course that carry a rating.';
COMMENT ON COLUMN analytics.course_performance.rating_sum IS 'Their ratings together.';
COMMENT ON COLUMN analytics.course_performance.avg_progress IS 'Mean progress of its enrolments, percent.';
COMMENT ON COLUMN analytics.course_performance.completion_rate IS 'Completed enrolments, percent of all.';
COMMENT ON COLUMN analytics.course_performance.avg_rating IS 'Mean rating.';
COMMENT ON COLUMN analytics.course_performance.caseless_title IS 'The title as it is sorted and searched; empty where there is none.';
