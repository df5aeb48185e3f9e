-- Beside the mirrored tables (sql/mirrored): what must outlive the schemas that are made from them.
-- A mirrored table's columns (all but w) are the publication's column list. Types of another
-- installation (created_at as epoch seconds, enums) are taken over when the mirror is set up, whole
-- numbers as bigint. It is never stricter than its source, or one row would end replication: nothing
-- but id is NOT NULL, whatever MentorHub says today.
-- w is the weight of a signed row: a row that is there counts once.
CREATE TABLE IF NOT EXISTS public.missing_column (
    mirrored text,
    name     text,
    theirs   text NOT NULL,
    PRIMARY KEY (mirrored, name)
);
TRUNCATE public.missing_column;
COMMENT ON TABLE public.missing_column IS 'Mirrored columns that this MentorHub doesn''t have: they are NULL. Where id is among them, the table is missing.';
COMMENT ON COLUMN public.missing_column.mirrored IS 'Our name of the table.';
COMMENT ON COLUMN public.missing_column.name IS 'Our name of the column.';
COMMENT ON COLUMN public.missing_column.theirs IS 'What MentorHub''s column would be called.';

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
    -- ALWAYS, as somebody's session may be a replica's, too. Of what replication brings only TRUNCATE
    -- is a statement.
    IF
        current_setting('session_replication_role') <> 'replica'
        OR NOT EXISTS (
            SELECT FROM pg_stat_activity
            WHERE pid = pg_backend_pid() AND backend_type ^@ 'logical replication'
        )
    THEN
        PERFORM nextval('public.edit');
    END IF;
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
