SELECT
    family,
    as_of,
    version,
    changed_at,
    pending,
    unusable,
    timezone,
    currency,
    today
FROM analytics.answer
