CREATE TABLE public.mentors (
    id      bigint PRIMARY KEY,
    user_id bigint DEFAULT NULL,
    w       smallint NOT NULL DEFAULT 1
);
