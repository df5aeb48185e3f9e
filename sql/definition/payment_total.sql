CREATE VIEW payment_total AS
SELECT
    currency,
    sum(w * amount::numeric) AS amount,
    sum(w) AS transactions
FROM payments
WHERE status = 'completed' AND amount IS NOT NULL
GROUP BY currency;

COMMENT ON VIEW payment_total IS 'Completed payments of all time by currency.';
