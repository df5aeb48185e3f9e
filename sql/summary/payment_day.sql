CREATE TABLE analytics.payment_day (
    day          date,
    currency     text COLLATE "C",
    amount       numeric NOT NULL,
    transactions bigint NOT NULL,
    PRIMARY KEY (currency, day)
);

COMMENT ON TABLE analytics.payment_day IS 'Completed payments by day of creation and currency.';
COMMENT ON COLUMN analytics.payment_day.day IS 'Day in the reporting time zone.';
COMMENT ON COLUMN analytics.payment_day.currency IS 'ISO 4217 code; XXX where the payment has none.';
COMMENT ON COLUMN analytics.payment_day.amount IS 'Their amounts together, in minor units, exact.';
COMMENT ON COLUMN analytics.payment_day.transactions IS 'How many payments.';
