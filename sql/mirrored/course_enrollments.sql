CREATE TABLE public.course_enrollments (
    id               bigint PRIMARY KEY,
    user_id          bigint,
    course_id        bigint,
    progress_percent bigint,
    completed        boolean,
    created_at       timestamptz,
    completed_at     timestamp DEFAULT NULL,
    w                smallint NOT NULL DEFAULT 1
);
