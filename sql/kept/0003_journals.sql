CREATE TABLE kept.journal (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name  text NOT NULL UNIQUE,
    since timestamptz NOT NULL
);
COMMENT ON TABLE kept.journal IS 'Which journals were begun.';
COMMENT ON COLUMN kept.journal.id IS 'In the order of beginning.';
COMMENT ON COLUMN kept.journal.name IS 'The table of this schema that its entries are in.';
COMMENT ON COLUMN kept.journal.since IS 'When it was begun: every later entry is of the moment that its change was counted at.';

CREATE FUNCTION kept.refuse() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'kept.% is a journal: entries are added to it, and neither changed nor deleted', TG_TABLE_NAME;
END
$$;
COMMENT ON FUNCTION kept.refuse() IS 'Lets nothing change or delete an entry of a journal.';

CREATE TABLE kept.payment_journal (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    happened_at timestamptz NOT NULL,
    found_by    text NOT NULL CHECK (found_by IN ('opening', 'fold', 'comparison')),
    payment_id  bigint NOT NULL,
    currency    text COLLATE "C" NOT NULL,
    earned      numeric NOT NULL,
    refunded    numeric NOT NULL
);
CREATE TRIGGER refuse BEFORE UPDATE OR DELETE ON kept.payment_journal
FOR EACH STATEMENT EXECUTE FUNCTION kept.refuse();
COMMENT ON TABLE kept.payment_journal IS 'What became of payments, and when: MentorHub keeps only what they are now. Of each, the entries add up to what it is.';
COMMENT ON COLUMN kept.payment_journal.id IS 'In the order of writing.';
COMMENT ON COLUMN kept.payment_journal.happened_at IS 'When a fold counted the change; of an opening, when the payment itself says that it was.';
COMMENT ON COLUMN kept.payment_journal.found_by IS 'opening: it was so when the journal was begun; fold: the change was captured; comparison: it was found to be so later than it happened, by an installation, audit or rebuild.';
COMMENT ON COLUMN kept.payment_journal.payment_id IS 'MentorHub''s payments.id.';
COMMENT ON COLUMN kept.payment_journal.currency IS 'ISO 4217 code; XXX where the payment has none.';
COMMENT ON COLUMN kept.payment_journal.earned IS 'Minor units completed by it; below 0 where that was taken back otherwise than by a refund.';
COMMENT ON COLUMN kept.payment_journal.refunded IS 'Minor units refunded by it; below 0 where a refund was taken back.';
