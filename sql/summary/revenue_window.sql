-- Stored by its first day, as analytics.session_window is.
CREATE TABLE analytics.revenue_window (
    from_day     date,
    currency     text COLLATE "C",
    amount       numeric NOT NULL,
    transactions bigint NOT NULL,
    PRIMARY KEY (from_day, currency)
) WITH (fillfactor = 50);

COMMENT ON TABLE analytics.revenue_window IS 'Revenue of every window of 1 to 365 days, by currency.';
COMMENT ON COLUMN analytics.revenue_window.from_day IS 'First day of the window, which ends with analytics.freshness.day.';
COMMENT ON COLUMN analytics.revenue_window.currency IS 'ISO 4217 code; XXX where the payment has none.';
COMMENT ON COLUMN analytics.revenue_window.amount IS 'Completed payments created in the window together, in minor units, exact.';
COMMENT ON COLUMN analytics.revenue_window.transactions IS 'How many.';
