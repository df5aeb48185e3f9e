CREATE VIEW revenue_window AS
WITH horizon AS MATERIALIZED (
    SELECT
        today,
        today - 364 AS first_day
    FROM (SELECT analytics.today() AS today) AS clock
)

SELECT
    horizon.first_day + days_later AS from_day,
    payment_day.currency,
    sum(payment_day.amount) AS amount,
    sum(payment_day.transactions) AS transactions
FROM
    payment_day
    INNER JOIN horizon ON payment_day.day >= horizon.first_day AND payment_day.day <= horizon.today
    CROSS JOIN LATERAL generate_series(0, payment_day.day - horizon.first_day) AS days_later
GROUP BY horizon.first_day + days_later, payment_day.currency;

COMMENT ON VIEW revenue_window IS 'Completed payments by currency, in every window of 1 to 365 days that ends today.';
