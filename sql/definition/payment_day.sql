CREATE VIEW payment_day AS
SELECT
    day,
    currency,
    sum(w * amount::numeric) AS amount,
    sum(w) AS transactions
FROM payments
WHERE status = 'completed'
GROUP BY day, currency;

COMMENT ON VIEW payment_day IS 'Completed payments by day of creation and currency.';
