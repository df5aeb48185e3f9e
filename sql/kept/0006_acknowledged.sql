-- Who took note of an alert that fired.
ALTER TABLE kept.firing
ADD COLUMN acknowledged_at timestamptz,
ADD COLUMN acknowledged_by bigint;
COMMENT ON COLUMN kept.firing.acknowledged_at IS 'When somebody took note of it; NULL while nobody has. Of what had ended before anybody could take note: when it ended.';
COMMENT ON COLUMN kept.firing.acknowledged_by IS 'Who took note of it: users.id at MentorHub.';

UPDATE kept.firing SET acknowledged_at = ended_at;

CREATE FUNCTION kept.sign_acknowledgement() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.acknowledged_by := kept.writer();
    NEW.acknowledged_at := clock_timestamp();
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION kept.sign_acknowledgement() IS 'Says in the row who took note of it, and when.';

CREATE TRIGGER sign BEFORE UPDATE OF acknowledged_at ON kept.firing
FOR EACH ROW EXECUTE FUNCTION kept.sign_acknowledgement();
CREATE TRIGGER record AFTER UPDATE OF acknowledged_at ON kept.firing
FOR EACH ROW EXECUTE FUNCTION kept.record();
ALTER TABLE kept.firing
ENABLE ALWAYS TRIGGER sign,
ENABLE ALWAYS TRIGGER record;
