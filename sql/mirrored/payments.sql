CREATE TABLE public.payments (
    id             bigint PRIMARY KEY,
    student_id     bigint,
    amount         bigint,
    currency       text,
    status         text,
    created_at     timestamptz,
    mentor_id      bigint DEFAULT NULL,
    session_id     bigint DEFAULT NULL,
    payment_method text DEFAULT NULL,
    updated_at     timestamptz DEFAULT NULL,
    w              smallint NOT NULL DEFAULT 1
);
