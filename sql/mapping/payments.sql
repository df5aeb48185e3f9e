CREATE VIEW payments AS
SELECT
    id,
    student_id,
    CASE WHEN amount IS NULL THEN 0 ELSE source.number(amount) END AS amount,
    -- XXX is ISO 4217 for "no currency": a payment without a code is reported apart, not dropped
    CASE
        WHEN source.word(currency) ~ '^[a-z]{3}$' THEN upper(source.word(currency) COLLATE "C")
        ELSE 'XXX'
    END AS currency,
    coalesce(source.word(status), 'unknown') AS status,
    mentor_id,
    session_id,
    source.word(payment_method) AS payment_method,
    source.instant(created_at) AS created_at,
    (source.instant(created_at) AT TIME ZONE (SELECT timezone FROM analytics.reporting))::date AS day,
    date_trunc('hour', source.instant(created_at), (SELECT timezone FROM analytics.reporting)) AS hour,
    date_bin('1 minute', source.instant(created_at), timestamptz '0001-01-01 00:00:00+00 BC') AS minute,
    source.instant(updated_at) AS updated_at,
    (source.instant(updated_at) AT TIME ZONE (SELECT timezone FROM analytics.reporting))::date AS updated_day,
    CASE
        WHEN amount IS NOT NULL AND source.number(amount) IS NULL THEN 'amount is not a number that can be counted'
        WHEN source.instant(created_at) IS NULL THEN 'created_at is not a date of the years 1 to 9999'
        WHEN NOT source.is_text(currency) THEN 'currency is not in UTF-8'
        WHEN NOT source.is_text(status) THEN 'status is not in UTF-8'
        WHEN NOT source.is_text(payment_method) THEN 'payment_method is not in UTF-8'
        WHEN updated_at IS NOT NULL AND source.instant(updated_at) IS NULL THEN 'updated_at is not a date of the years 1 to 9999'
    END AS unusable,
    w
FROM payments;

COMMENT ON VIEW payments IS 'Payments of any status; amount is in minor units; updated_at is moved by MentorHub''s backend, and not by whoever types SQL.';
