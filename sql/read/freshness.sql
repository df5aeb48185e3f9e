SELECT
    family,
    as_of,
    version,
    changed_at,
    pending,
    timezone,
    currency,
    today
FROM analytics.answer
