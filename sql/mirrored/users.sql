-- No e-mail, no secret.
CREATE TABLE public.users (
    id         bigint PRIMARY KEY,
    username   text,
    role       text,
    is_active  boolean,
    is_verified boolean,
    created_at timestamptz,
    w          smallint NOT NULL DEFAULT 1
);
