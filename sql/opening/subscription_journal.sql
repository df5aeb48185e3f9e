-- When it was last written says nothing: MentorHub writes it each month.
CREATE VIEW subscription_journal_opening AS
SELECT
    id::bigint AS subscription_id,
    currency,
    created_at AS happened_at,
    amount::numeric AS amount,
    amount::numeric AS becomes
FROM subscriptions
WHERE status IN ('active', 'past_due') AND amount > 0;

COMMENT ON VIEW subscription_journal_opening IS 'The entries that the journal of subscriptions begins with.';
