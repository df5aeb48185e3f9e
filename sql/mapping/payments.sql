CREATE VIEW payments AS
SELECT
    student_id,
    coalesce(amount, 0) AS amount,
    -- XXX is ISO 4217 for "no currency": a payment without a code is reported apart, not dropped
    -- codes and labels are for machines: they are folded in locale C, not in the database's (Turkish
    -- has another I)
    CASE
        WHEN upper(currency COLLATE "C") ~ '^[A-Z]{3}$' THEN upper(currency COLLATE "C")
        ELSE 'XXX'
    END AS currency,
    coalesce(lower(status COLLATE "C"), 'unknown') AS status,
    source.instant(created_at) AS created_at,
    (source.instant(created_at) AT TIME ZONE (SELECT timezone FROM analytics.reporting))::date AS day,
    w
FROM payments;

COMMENT ON VIEW payments IS 'Payments of any status; amount is in minor units.';
