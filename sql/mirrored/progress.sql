-- One row per user and lesson begun: a sign of life of its user.
CREATE TABLE public.progress (
    id         bigint PRIMARY KEY,
    user_id    bigint,
    created_at timestamptz,
    w          smallint NOT NULL DEFAULT 1
);
