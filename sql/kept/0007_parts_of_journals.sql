-- an audit adds up the entries of one part after the other
CREATE INDEX payment_journal_parts ON kept.payment_journal (payment_id);
CREATE INDEX subscription_journal_parts ON kept.subscription_journal (subscription_id);
