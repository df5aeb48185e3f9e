COMMENT ON TABLE kept.revision IS 'Which revision of workers/kept/versions this schema has; one row.';
COMMENT ON COLUMN kept.revision.version_num IS 'The revision.';

CREATE TABLE kept.history (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    written_by bigint,
    role       text NOT NULL DEFAULT session_user,
    relation   text NOT NULL,
    entry      bigint NOT NULL,
    before     jsonb,
    after      jsonb
);
CREATE INDEX history_by_entry ON kept.history (relation, entry);
COMMENT ON TABLE kept.history IS 'Who wrote, changed or deleted what people entered.';
COMMENT ON COLUMN kept.history.id IS 'In the order of writing.';
COMMENT ON COLUMN kept.history.written_at IS 'When.';
COMMENT ON COLUMN kept.history.written_by IS 'Who: users.id at MentorHub; NULL where it was written in SQL, or the user was erased.';
COMMENT ON COLUMN kept.history.role IS 'The database role that wrote it.';
COMMENT ON COLUMN kept.history.relation IS 'The table of this schema.';
COMMENT ON COLUMN kept.history.entry IS 'The id of its row.';
COMMENT ON COLUMN kept.history.before IS 'The row as it was; NULL where it is new.';
COMMENT ON COLUMN kept.history.after IS 'The row as it became; NULL where it was deleted.';

CREATE FUNCTION kept.writer() RETURNS bigint
STABLE LANGUAGE sql
SET search_path = pg_catalog, pg_temp
RETURN nullif(current_setting('kept.writer', true), '')::bigint;
COMMENT ON FUNCTION kept.writer() IS 'On whose behalf this transaction writes: whoever asks on behalf of a user sets kept.writer to users.id.';

CREATE FUNCTION kept.sign() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.written_by := kept.writer();
    NEW.written_at := clock_timestamp();
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION kept.sign() IS 'Says in the row who wrote it, and when.';

CREATE FUNCTION kept.record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    was     jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    becomes jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
BEGIN
    INSERT INTO kept.history (written_by, relation, entry, before, after)
    VALUES (kept.writer(), TG_TABLE_NAME, (coalesce(becomes, was) ->> 'id')::bigint, was, becomes);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION kept.record() IS 'Remembers in kept.history what was written.';

CREATE TABLE kept.note (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    day        date NOT NULL CHECK (day BETWEEN '0001-01-01' AND '9999-12-31'),
    text       text NOT NULL CHECK (length(text) BETWEEN 1 AND 2000),
    written_by bigint,
    written_at timestamptz NOT NULL
);
CREATE INDEX note_by_day ON kept.note (day);
CREATE TRIGGER sign BEFORE INSERT OR UPDATE ON kept.note FOR EACH ROW EXECUTE FUNCTION kept.sign();
CREATE TRIGGER record AFTER INSERT OR UPDATE OR DELETE ON kept.note FOR EACH ROW EXECUTE FUNCTION kept.record();
COMMENT ON TABLE kept.note IS 'What happened on a day, for whoever looks at its numbers.';
COMMENT ON COLUMN kept.note.id IS 'Its number.';
COMMENT ON COLUMN kept.note.day IS 'A day in the reporting time zone.';
COMMENT ON COLUMN kept.note.text IS 'What happened; 2,000 characters at most.';
COMMENT ON COLUMN kept.note.written_by IS 'Who wrote it last: users.id at MentorHub.';
COMMENT ON COLUMN kept.note.written_at IS 'When it was last written.';

CREATE TABLE kept.goal (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    metric     text NOT NULL CHECK (metric ~ '^[a-z][a-z0-9_]{0,62}$'),
    measure    text NOT NULL CHECK (measure ~ '^[a-z][a-z0-9_]{0,62}$'),
    filters    jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(filters) = 'object'),
    days       integer NOT NULL DEFAULT 1 CHECK (days BETWEEN 1 AND 365),
    value      numeric NOT NULL CHECK (abs(value) < 1e30),
    text       text CHECK (length(text) BETWEEN 1 AND 200),
    written_by bigint,
    written_at timestamptz NOT NULL
);
CREATE TRIGGER sign BEFORE INSERT OR UPDATE ON kept.goal FOR EACH ROW EXECUTE FUNCTION kept.sign();
CREATE TRIGGER record AFTER INSERT OR UPDATE OR DELETE ON kept.goal FOR EACH ROW EXECUTE FUNCTION kept.record();
COMMENT ON TABLE kept.goal IS 'What a number is to reach: a line in its chart.';
COMMENT ON COLUMN kept.goal.id IS 'Its number.';
COMMENT ON COLUMN kept.goal.metric IS 'A metric of the catalogue.';
COMMENT ON COLUMN kept.goal.measure IS 'One of the metric''s measures.';
COMMENT ON COLUMN kept.goal.filters IS 'Key to value: the rows of the metric that it is about; {} for all.';
COMMENT ON COLUMN kept.goal.days IS 'So many days together are to reach it: 1 is a line in a chart by day.';
COMMENT ON COLUMN kept.goal.value IS 'What is to be reached, in the measure''s own unit.';
COMMENT ON COLUMN kept.goal.text IS 'What it is called; 200 characters at most.';
COMMENT ON COLUMN kept.goal.written_by IS 'Who wrote it last: users.id at MentorHub.';
COMMENT ON COLUMN kept.goal.written_at IS 'When it was last written.';

CREATE TABLE kept.acknowledgement (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    what            text NOT NULL,
    rows            bigint NOT NULL,
    found_at        timestamptz,
    acknowledged_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    role            text NOT NULL DEFAULT session_user
);
COMMENT ON TABLE kept.acknowledgement IS 'Wrong rows that audits found, and that somebody took note of.';
COMMENT ON COLUMN kept.acknowledgement.id IS 'In the order of taking note.';
COMMENT ON COLUMN kept.acknowledgement.what IS 'The summary, or `mirror of TABLE`.';
COMMENT ON COLUMN kept.acknowledgement.rows IS 'How many were found since somebody last took note.';
COMMENT ON COLUMN kept.acknowledgement.found_at IS 'When the last of them was found.';
COMMENT ON COLUMN kept.acknowledgement.acknowledged_at IS 'When somebody took note.';
COMMENT ON COLUMN kept.acknowledgement.role IS 'The database role that did.';
