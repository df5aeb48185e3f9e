CREATE TABLE analytics.platform_total (
    id                         integer PRIMARY KEY,
    users                      bigint NOT NULL,
    students                   bigint NOT NULL,
    mentors                    bigint NOT NULL,
    verified_users             bigint NOT NULL,
    sessions                   bigint NOT NULL,
    completed_sessions         bigint NOT NULL,
    scheduled_sessions         bigint NOT NULL,
    courses                    bigint NOT NULL,
    published_courses          bigint NOT NULL,
    enrollments                bigint NOT NULL,
    reviews                    bigint NOT NULL,
    ratings                    bigint NOT NULL,
    rating_sum                 numeric NOT NULL,
    verification_rate          numeric GENERATED ALWAYS AS (analytics.ratio(100 * verified_users, users)) STORED,
    completion_rate            numeric GENERATED ALWAYS AS (analytics.ratio(100 * completed_sessions, sessions)) STORED,
    avg_enrollments_per_course numeric GENERATED ALWAYS AS (analytics.ratio(enrollments, courses)) STORED,
    average_rating             numeric GENERATED ALWAYS AS (analytics.ratio(rating_sum, ratings)) STORED
);

COMMENT ON TABLE analytics.platform_total IS 'The platform in one row, all time.';
COMMENT ON COLUMN analytics.platform_total.id IS 'Always 1.';
COMMENT ON COLUMN analytics.platform_total.users IS 'Accounts.';
COMMENT ON COLUMN analytics.platform_total.students IS 'Accounts with the role student.';
COMMENT ON COLUMN analytics.platform_total.mentors IS 'Accounts with the role mentor.';
COMMENT ON COLUMN analytics.platform_total.verified_users IS 'Verified accounts.';
COMMENT ON COLUMN analytics.platform_total.sessions IS 'Sessions of any status.';
COMMENT ON COLUMN analytics.platform_total.completed_sessions IS 'Completed sessions.';
COMMENT ON COLUMN analytics.platform_total.scheduled_sessions IS 'Sessions still scheduled.';
COMMENT ON COLUMN analytics.platform_total.courses IS 'Courses.';
COMMENT ON COLUMN analytics.platform_total.published_courses IS 'Active courses.';
COMMENT ON COLUMN analytics.platform_total.enrollments IS 'Enrolments in any course.';
COMMENT ON COLUMN analytics.platform_total.reviews IS 'Reviews of mentors and of courses.';
COMMENT ON COLUMN analytics.platform_total.ratings IS 'Reviews that carry a rating.';
COMMENT ON COLUMN analytics.platform_total.rating_sum IS 'Their ratings together.';
COMMENT ON COLUMN analytics.platform_total.verification_rate IS 'Verified accounts, percent of all.';
COMMENT ON COLUMN analytics.platform_total.completion_rate IS 'Completed sessions, percent of all.';
COMMENT ON COLUMN analytics.platform_total.avg_enrollments_per_course IS 'Enrolments per course, published or not.';
COMMENT ON COLUMN analytics.platform_total.average_rating IS 'Mean rating of all reviews that carry one.';
