CREATE TABLE public.sessions (
    id               bigint PRIMARY KEY,
    student_id       bigint,
    mentor_id        bigint,
    duration_minutes bigint,
    status           text,
    created_at       timestamptz,
    scheduled_at     timestamp DEFAULT NULL,
    w                smallint NOT NULL DEFAULT 1
);
