-- Of a refund MentorHub says at best when the payment was last written.
CREATE VIEW payment_journal_opening AS
SELECT
    id::bigint AS payment_id,
    currency,
    event.happened_at,
    event.earned,
    event.refunded
FROM
    payments
    CROSS JOIN LATERAL (
        VALUES
        (created_at, amount::numeric, 0::numeric),
        (greatest(created_at, updated_at), 0, CASE status WHEN 'refunded' THEN amount ELSE 0 END)
    ) AS event (happened_at, earned, refunded)
WHERE status IN ('completed', 'refunded') AND amount IS NOT NULL;

COMMENT ON VIEW payment_journal_opening IS 'The entries that the journal of payments begins with.';
