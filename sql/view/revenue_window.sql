-- Stored by first day and edition, as analytics.session_window is.
CREATE MATERIALIZED VIEW analytics.revenue_window AS
WITH
clock AS (
    SELECT analytics.today() AS today
),

edition AS (
    SELECT today AS to_day FROM clock
    UNION
    SELECT day
    FROM analytics.payment_day
    WHERE day > (SELECT today FROM clock) AND day <= (SELECT today + 7 FROM clock)
),

currency AS (
    SELECT currency FROM analytics.reporting
    UNION
    SELECT currency FROM analytics.payment_day
),

since AS (
    SELECT
        edition.to_day,
        window_start.from_day,
        currency.currency,
        sum(coalesce(stored.revenue, 0)) OVER back AS revenue,
        sum(coalesce(stored.transactions, 0)) OVER back AS transactions
    FROM
        edition
        CROSS JOIN (SELECT today + generate_series(-364, 7) AS from_day FROM clock) AS window_start
        CROSS JOIN currency
        LEFT JOIN analytics.payment_day AS stored
            ON
                stored.day = window_start.from_day
                AND stored.day <= edition.to_day
                AND stored.currency = currency.currency
    WINDOW back AS (PARTITION BY edition.to_day, currency.currency ORDER BY window_start.from_day DESC)
)

SELECT
    currency,
    to_day,
    from_day,
    round(revenue, 2) AS total_revenue,
    transactions::bigint AS transaction_count,
    analytics.ratio(revenue, transactions) AS avg_transaction
FROM since;

CREATE UNIQUE INDEX revenue_window_key ON analytics.revenue_window (from_day, to_day, currency);

COMMENT ON MATERIALIZED VIEW analytics.revenue_window IS 'Revenue of every window of 1 to 365 days, by currency.';
COMMENT ON COLUMN analytics.revenue_window.currency IS 'ISO 4217 code.';
COMMENT ON COLUMN analytics.revenue_window.to_day IS 'Newest day counted; right on later days too, as no payment is dated in between.';
COMMENT ON COLUMN analytics.revenue_window.from_day IS 'First day of the window.';
COMMENT ON COLUMN analytics.revenue_window.total_revenue IS 'Completed payments created in the window, in units of the currency.';
COMMENT ON COLUMN analytics.revenue_window.transaction_count IS 'How many.';
COMMENT ON COLUMN analytics.revenue_window.avg_transaction IS 'Mean amount.';
