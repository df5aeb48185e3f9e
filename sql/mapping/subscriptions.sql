CREATE VIEW subscriptions AS
SELECT
    id,
    user_id,
    coalesce(source.word(tier), 'unknown') AS tier,
    coalesce(source.word(status), 'unknown') AS status,
    CASE WHEN amount IS NULL THEN 0 ELSE source.number(amount) END AS amount,
    CASE
        WHEN source.word(currency) ~ '^[a-z]{3}$' THEN upper(source.word(currency) COLLATE "C")
        ELSE 'XXX'
    END AS currency,
    source.instant(created_at) AS created_at,
    (source.instant(created_at) AT TIME ZONE (SELECT timezone FROM analytics.reporting))::date AS day,
    source.instant(updated_at) AS updated_at,
    (source.instant(updated_at) AT TIME ZONE (SELECT timezone FROM analytics.reporting))::date AS updated_day,
    CASE
        WHEN amount IS NOT NULL AND source.number(amount) IS NULL THEN 'amount is not a number that can be counted'
        WHEN created_at IS NOT NULL AND source.instant(created_at) IS NULL THEN 'created_at is not a date of the years 1 to 9999'
        WHEN NOT source.is_text(currency) THEN 'currency is not in UTF-8'
        WHEN NOT source.is_text(status) THEN 'status is not in UTF-8'
        WHEN NOT source.is_text(tier) THEN 'tier is not in UTF-8'
        WHEN updated_at IS NOT NULL AND source.instant(updated_at) IS NULL THEN 'updated_at is not a date of the years 1 to 9999'
    END AS unusable,
    w
FROM subscriptions;

COMMENT ON VIEW subscriptions IS 'Each user''s subscription as it is now; amount: of a month, in major units.';
