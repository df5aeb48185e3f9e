-- Of mentors and of courses.
CREATE TABLE public.reviews (
    id          bigint PRIMARY KEY,
    user_id     bigint,
    course_id   bigint,
    rating      bigint,
    created_at  timestamptz,
    reviewed_id bigint DEFAULT NULL,
    mentor_id   bigint DEFAULT NULL,
    w           smallint NOT NULL DEFAULT 1
);
