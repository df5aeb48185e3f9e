CREATE TABLE analytics.payment_total (
    currency     text COLLATE "C" PRIMARY KEY,
    amount       numeric NOT NULL,
    transactions bigint NOT NULL
);

COMMENT ON TABLE analytics.payment_total IS 'Completed payments of all time by currency.';
COMMENT ON COLUMN analytics.payment_total.currency IS 'ISO 4217 code; XXX where the payment has none.';
COMMENT ON COLUMN analytics.payment_total.amount IS 'Their amounts together, in minor units, exact.';
COMMENT ON COLUMN analytics.payment_total.transactions IS 'How many payments.';
