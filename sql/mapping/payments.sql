CREATE VIEW payments AS
SELECT
    student_id,
    coalesce(amount, 0) AS amount,
    -- XXX is ISO 4217 for "no currency": a payment without a code is reported apart, not dropped
    CASE WHEN upper(currency) ~ '^[A-Z]{3}$' THEN upper(currency) ELSE 'XXX' END AS currency,
    coalesce(lower(status), 'unknown') AS status,
    source.instant(created_at) AS created_at,
    (source.instant(created_at) AT TIME ZONE (SELECT timezone FROM analytics.reporting))::date AS day,
    w
FROM payments;

COMMENT ON VIEW payments IS 'Payments of any status; amount is in minor units.';
