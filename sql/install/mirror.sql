-- The mirror: MentorHub's tables as far as a metric needs them, filled by logical replication.
-- Their columns (all but w) are the publication's column lists. Types of another installation
-- (created_at as epoch seconds, enums) are taken over when the mirror is set up, whole numbers as
-- bigint. It is never stricter than its source, or one row would end replication: nothing but id is
-- NOT NULL, whatever MentorHub says today.
-- w is the weight of a signed row: a row that is there counts once.

CREATE TABLE public.users (
    id         bigint PRIMARY KEY,
    username   text,
    role       text,
    is_active  boolean,
    is_verified boolean,
    created_at timestamptz,
    w          smallint NOT NULL DEFAULT 1
);
COMMENT ON TABLE public.users IS 'Mirror of MentorHub''s users: no e-mail, no secret.';

CREATE TABLE public.courses (
    id        bigint PRIMARY KEY,
    title     text,
    is_active boolean,
    w         smallint NOT NULL DEFAULT 1
);
COMMENT ON TABLE public.courses IS 'Mirror of MentorHub''s courses.';

CREATE TABLE public.sessions (
    id               bigint PRIMARY KEY,
    student_id       bigint,
    mentor_id        bigint,
    duration_minutes bigint,
    status           text,
    created_at       timestamptz,
    w                smallint NOT NULL DEFAULT 1
);
COMMENT ON TABLE public.sessions IS 'Mirror of MentorHub''s sessions.';

CREATE TABLE public.course_enrollments (
    id               bigint PRIMARY KEY,
    user_id          bigint,
    course_id        bigint,
    progress_percent bigint,
    completed        boolean,
    created_at       timestamptz,
    w                smallint NOT NULL DEFAULT 1
);
COMMENT ON TABLE public.course_enrollments IS 'Mirror of MentorHub''s course enrolments.';

CREATE TABLE public.progress (
    id         bigint PRIMARY KEY,
    user_id    bigint,
    created_at timestamptz,
    w          smallint NOT NULL DEFAULT 1
);
COMMENT ON TABLE public.progress IS 'Mirror of MentorHub''s lesson progress: a sign of life of its user, no more.';

CREATE TABLE public.reviews (
    id         bigint PRIMARY KEY,
    user_id    bigint,
    course_id  bigint,
    rating     bigint,
    created_at timestamptz,
    w          smallint NOT NULL DEFAULT 1
);
COMMENT ON TABLE public.reviews IS 'Mirror of MentorHub''s reviews of mentors and of courses.';

CREATE TABLE public.payments (
    id         bigint PRIMARY KEY,
    student_id bigint,
    amount     bigint,
    currency   text,
    status     text,
    created_at timestamptz,
    w          smallint NOT NULL DEFAULT 1
);
COMMENT ON TABLE public.payments IS 'Mirror of MentorHub''s payments.';

-- What a proof depends on (sql/install/proof.sql) is noted here, as it outlives the other schemas.
CREATE SEQUENCE IF NOT EXISTS public.edit;
-- the first value changes nothing that can be seen
SELECT nextval('public.edit');
COMMENT ON SEQUENCE public.edit IS 'Moves with each statement that writes into the mirror and is neither replication nor a comparison: a sequence, as no lock may be held until the writer commits.';

CREATE OR REPLACE FUNCTION public.note_edit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM nextval('public.edit');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION public.note_edit() IS 'Notes that a statement writes into the mirror.';

-- While a table is being compared with MentorHub's, replication may bring what the comparison has
-- brought already: an insert or a new id then replaces the row that is there. Disabled otherwise,
-- as each row would pay for it.
CREATE OR REPLACE FUNCTION public.make_way() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NEW.id <> OLD.id THEN
        EXECUTE format('DELETE FROM public.%I WHERE id = $1', TG_TABLE_NAME) USING NEW.id;
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION public.make_way() IS 'Deletes the row that has the id of the one that comes.';

DO $$
DECLARE
    mirrored text;
BEGIN
    FOREACH mirrored IN ARRAY
        ARRAY['users', 'courses', 'sessions', 'course_enrollments', 'progress', 'reviews', 'payments']
    LOOP
        EXECUTE format(
            $sql$
            -- not ALWAYS: it is silent in replication
            CREATE TRIGGER note_edit BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON public.%1$I
            FOR EACH STATEMENT WHEN (current_setting('analytics.comparing', true) IS DISTINCT FROM 'on')
            EXECUTE FUNCTION public.note_edit();
            CREATE TRIGGER make_way BEFORE INSERT OR UPDATE ON public.%1$I
            FOR EACH ROW WHEN (current_setting('analytics.comparing', true) IS DISTINCT FROM 'on')
            EXECUTE FUNCTION public.make_way();
            ALTER TABLE public.%1$I DISABLE TRIGGER make_way;
            $sql$,
            mirrored
        );
    END LOOP;
END
$$;
