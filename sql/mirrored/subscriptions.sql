-- One row a user, which MentorHub overwrites; amount is a month's, in major units.
CREATE TABLE public.subscriptions (
    id         bigint PRIMARY KEY,
    user_id    bigint DEFAULT NULL,
    tier       text DEFAULT NULL,
    status     text DEFAULT NULL,
    amount     numeric DEFAULT NULL,
    currency   text DEFAULT NULL,
    created_at timestamptz DEFAULT NULL,
    updated_at timestamptz DEFAULT NULL,
    w          smallint NOT NULL DEFAULT 1
);
