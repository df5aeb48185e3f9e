-- The mirror: MentorHub's tables as far as a metric needs them, filled by logical replication.
-- Their columns (all but w) are the publication's column lists. Types of another installation
-- (created_at as epoch seconds, enums) are taken over when the mirror is set up.
-- w is the weight of a signed row: a row that is there counts once.

CREATE TABLE public.users (
    id         integer PRIMARY KEY,
    username   text NOT NULL,
    role       text NOT NULL,
    is_active  boolean NOT NULL,
    is_verified boolean NOT NULL,
    created_at timestamptz NOT NULL,
    w          smallint NOT NULL DEFAULT 1
);
COMMENT ON TABLE public.users IS 'Mirror of MentorHub''s users: no e-mail, no secret.';

CREATE TABLE public.courses (
    id        integer PRIMARY KEY,
    title     text NOT NULL,
    is_active boolean NOT NULL,
    w         smallint NOT NULL DEFAULT 1
);
COMMENT ON TABLE public.courses IS 'Mirror of MentorHub''s courses.';

CREATE TABLE public.sessions (
    id               integer PRIMARY KEY,
    student_id       integer,
    mentor_id        integer,
    duration_minutes integer,
    status           text,
    created_at       timestamptz NOT NULL,
    w                smallint NOT NULL DEFAULT 1
);
COMMENT ON TABLE public.sessions IS 'Mirror of MentorHub''s sessions.';

CREATE TABLE public.course_enrollments (
    id               integer PRIMARY KEY,
    user_id          integer,
    course_id        integer,
    progress_percent integer,
    completed        boolean,
    created_at       timestamptz NOT NULL,
    w                smallint NOT NULL DEFAULT 1
);
COMMENT ON TABLE public.course_enrollments IS 'Mirror of MentorHub''s course enrolments.';

CREATE TABLE public.progress (
    id         integer PRIMARY KEY,
    user_id    integer,
    created_at timestamptz NOT NULL,
    w          smallint NOT NULL DEFAULT 1
);
COMMENT ON TABLE public.progress IS 'Mirror of MentorHub''s lesson progress: a sign of life of its user, no more.';

CREATE TABLE public.reviews (
    id         integer PRIMARY KEY,
    user_id    integer,
    course_id  integer,
    rating     integer,
    created_at timestamptz NOT NULL,
    w          smallint NOT NULL DEFAULT 1
);
COMMENT ON TABLE public.reviews IS 'Mirror of MentorHub''s reviews of mentors and of courses.';

CREATE TABLE public.payments (
    id         integer PRIMARY KEY,
    student_id integer,
    amount     integer,
    currency   text,
    status     text,
    created_at timestamptz NOT NULL,
    w          smallint NOT NULL DEFAULT 1
);
COMMENT ON TABLE public.payments IS 'Mirror of MentorHub''s payments.';
