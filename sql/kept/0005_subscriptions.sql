CREATE TABLE kept.subscription_journal (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    happened_at     timestamptz NOT NULL,
    found_by        text NOT NULL CHECK (found_by IN ('opening', 'fold', 'comparison')),
    subscription_id bigint NOT NULL,
    currency        text COLLATE "C" NOT NULL,
    amount          numeric NOT NULL,
    becomes         numeric NOT NULL
);
CREATE TRIGGER refuse BEFORE UPDATE OR DELETE ON kept.subscription_journal
FOR EACH STATEMENT EXECUTE FUNCTION kept.refuse();
ALTER TABLE kept.subscription_journal ENABLE ALWAYS TRIGGER refuse;
COMMENT ON TABLE kept.subscription_journal IS 'What became of subscriptions, and when: MentorHub keeps only what they are now. Of each, the entries add up to what it brings.';
COMMENT ON COLUMN kept.subscription_journal.id IS 'In the order of writing.';
COMMENT ON COLUMN kept.subscription_journal.happened_at IS 'When a fold counted the change; of an opening, when the subscription was created.';
COMMENT ON COLUMN kept.subscription_journal.found_by IS 'opening: it was so when the journal was begun; fold: the change was captured; comparison: it was found to be so later than it happened, by an installation, audit or rebuild.';
COMMENT ON COLUMN kept.subscription_journal.subscription_id IS 'MentorHub''s subscriptions.id.';
COMMENT ON COLUMN kept.subscription_journal.currency IS 'ISO 4217 code; XXX where the subscription has none.';
COMMENT ON COLUMN kept.subscription_journal.amount IS 'By how much a month''s amount grew, in main units; below 0 where it shrank.';
COMMENT ON COLUMN kept.subscription_journal.becomes IS 'What a month brings from then on, in main units.';

-- what is told of each journal: what was found later than it happened
CREATE INDEX subscription_journal_found ON kept.subscription_journal (happened_at) WHERE found_by = 'comparison';
CREATE INDEX payment_journal_found ON kept.payment_journal (happened_at) WHERE found_by = 'comparison';
