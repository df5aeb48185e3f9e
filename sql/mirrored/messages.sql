-- Who wrote to whom, and when; never the text.
CREATE TABLE public.messages (
    id           bigint PRIMARY KEY,
    sender_id    bigint DEFAULT NULL,
    recipient_id bigint DEFAULT NULL,
    created_at   timestamptz DEFAULT NULL,
    w            smallint NOT NULL DEFAULT 1
);
