CREATE TABLE public.courses (
    id        bigint PRIMARY KEY,
    title     text,
    is_active boolean,
    w         smallint NOT NULL DEFAULT 1
);
