CREATE TABLE public.payments (
    id         bigint PRIMARY KEY,
    student_id bigint,
    amount     bigint,
    currency   text,
    status     text,
    created_at timestamptz,
    w          smallint NOT NULL DEFAULT 1
);
