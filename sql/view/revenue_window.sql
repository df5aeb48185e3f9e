-- Stored by first day, as analytics.session_window is.
CREATE MATERIALIZED VIEW analytics.revenue_window AS
WITH
clock AS (
    SELECT analytics.today() AS today
),

currency AS (
    SELECT currency FROM analytics.reporting
    UNION
    SELECT currency FROM analytics.payment_day
),

since AS (
    SELECT
        window_start.from_day,
        currency.currency,
        sum(coalesce(stored.revenue, 0)) OVER back AS revenue,
        sum(coalesce(stored.transactions, 0)) OVER back AS transactions
    FROM
        (SELECT today - generate_series(0, 364) AS from_day FROM clock) AS window_start
        CROSS JOIN currency
        LEFT JOIN analytics.payment_day AS stored
            ON stored.day = window_start.from_day AND stored.currency = currency.currency
    WINDOW back AS (PARTITION BY currency.currency ORDER BY window_start.from_day DESC)
)

SELECT
    currency,
    from_day,
    round(revenue, 2) AS total_revenue,
    transactions::bigint AS transaction_count,
    analytics.ratio(revenue, transactions) AS avg_transaction
FROM since;

CREATE UNIQUE INDEX revenue_window_key ON analytics.revenue_window (from_day, currency);

COMMENT ON MATERIALIZED VIEW analytics.revenue_window IS 'Revenue of every window of 1 to 365 days, by currency.';
COMMENT ON COLUMN analytics.revenue_window.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN analytics.revenue_window.from_day IS 'First day of the window, which ends with analytics.freshness.day.';
COMMENT ON COLUMN analytics.revenue_window.total_revenue IS 'Completed payments created in the window, in units of the currency.';
COMMENT ON COLUMN analytics.revenue_window.transaction_count IS 'How many.';
COMMENT ON COLUMN analytics.revenue_window.avg_transaction IS 'Mean amount.';
