-- One row per user and lesson begun: a sign of life of its user.
CREATE TABLE public.progress (
    id               bigint PRIMARY KEY,
    user_id          bigint,
    created_at       timestamptz,
    course_id        bigint DEFAULT NULL,
    lesson_id        bigint DEFAULT NULL,
    progress_percent bigint DEFAULT NULL,
    completed        boolean DEFAULT NULL,
    w                smallint NOT NULL DEFAULT 1
);
