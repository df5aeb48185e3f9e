CREATE VIEW subscription_journal AS
SELECT
    id::bigint AS subscription_id,
    currency,
    coalesce(sum(w * amount::numeric), 0) AS amount
FROM subscriptions
WHERE status IN ('active', 'past_due') AND amount > 0
GROUP BY id, currency;

COMMENT ON VIEW subscription_journal IS 'What each subscription brings in a month: the sum of its entries.';
