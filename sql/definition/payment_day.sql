CREATE VIEW payment_day AS
SELECT
    day,
    currency,
    sum(w * amount::numeric) AS amount,
    sum(w) AS transactions
FROM payments
WHERE status = 'completed' AND amount IS NOT NULL AND day IS NOT NULL
GROUP BY day, currency;

COMMENT ON VIEW payment_day IS 'Completed payments by day of creation and currency.';
