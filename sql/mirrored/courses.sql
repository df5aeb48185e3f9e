CREATE TABLE public.courses (
    id            bigint PRIMARY KEY,
    title         text,
    is_active     boolean,
    instructor_id bigint DEFAULT NULL,
    w             smallint NOT NULL DEFAULT 1
);
