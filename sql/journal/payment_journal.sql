CREATE VIEW payment_journal AS
SELECT
    id::bigint AS payment_id,
    currency,
    coalesce(sum(w * amount::numeric), 0) AS earned,
    coalesce(sum(w * amount::numeric) FILTER (WHERE status = 'refunded'), 0) AS refunded
FROM payments
WHERE status IN ('completed', 'refunded') AND amount IS NOT NULL
GROUP BY id, currency;

COMMENT ON VIEW payment_journal IS 'What each payment has earned and given back: the sum of its entries.';
