CREATE TABLE public.lessons (
    id        bigint PRIMARY KEY,
    course_id bigint DEFAULT NULL,
    "order"   bigint DEFAULT NULL,
    w         smallint NOT NULL DEFAULT 1
);
