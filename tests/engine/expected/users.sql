-- Row triggers on the mirror append signed rows, in the transaction that applies the change. They
-- are ALWAYS enabled, or replication would not fire them. Statement triggers fire in replication for
-- TRUNCATE alone. A table has a function of its own, as dynamic SQL for each row would cost
-- several times as much. An upgrade finds those of before, which are replaced: to drop one would
-- take the lock that readers of accounts wait for.

-- Every row lives for a moment only: it is vacuumed by count, not by share.
CREATE TABLE capture.users (LIKE public.users) WITH (
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = -1,
    autovacuum_vacuum_cost_delay = 0,
    toast.autovacuum_enabled = false
);

COMMENT ON TABLE capture.users IS 'Signed rows of public.users.';

CREATE FUNCTION capture.users_row() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO capture.users ("id", "username", "role", "is_active", "is_verified", "created_at", w)
        SELECT OLD."id", OLD."username", OLD."role", OLD."is_active", OLD."is_verified", OLD."created_at", -1;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO capture.users ("id", "username", "role", "is_active", "is_verified", "created_at", w)
        SELECT NEW."id", NEW."username", NEW."role", NEW."is_active", NEW."is_verified", NEW."created_at", 1;
    END IF;
    PERFORM pg_notify('mentorhub_analytics', 'users');
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION capture.users_row() IS 'Appends a change of a row of public.users.';

CREATE FUNCTION capture.users_truncated() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO capture.users ("id", "username", "role", "is_active", "is_verified", "created_at", w)
    SELECT "id", "username", "role", "is_active", "is_verified", "created_at", -1 FROM public.users;
    PERFORM pg_notify('mentorhub_analytics', 'users');
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION capture.users_truncated() IS 'Appends that every row of public.users vanishes.';

CREATE OR REPLACE TRIGGER capture_row AFTER INSERT OR DELETE ON public.users
FOR EACH ROW EXECUTE FUNCTION capture.users_row();

CREATE OR REPLACE TRIGGER capture_update AFTER UPDATE ON public.users
FOR EACH ROW WHEN (
    OLD."id" IS DISTINCT FROM NEW."id"
    OR OLD."username" IS DISTINCT FROM NEW."username"
    OR OLD."role" IS DISTINCT FROM NEW."role"
    OR OLD."is_verified" IS DISTINCT FROM NEW."is_verified"
    OR OLD."created_at" IS DISTINCT FROM NEW."created_at"
) EXECUTE FUNCTION capture.users_row();

CREATE OR REPLACE TRIGGER capture_truncate BEFORE TRUNCATE ON public.users
FOR EACH STATEMENT EXECUTE FUNCTION capture.users_truncated();

ALTER TABLE public.users
ENABLE ALWAYS TRIGGER capture_row,
ENABLE ALWAYS TRIGGER capture_update,
ENABLE ALWAYS TRIGGER capture_truncate;
