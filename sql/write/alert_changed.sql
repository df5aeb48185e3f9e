UPDATE analytics.alert
SET
    metric = :metric,
    measure = :measure,
    filters = CAST(:filters AS jsonb),
    days = :days,
    is_relative = :is_relative,
    direction = :direction,
    threshold = :threshold,
    webhook = :webhook,
    is_active = :is_active,
    text = :text
WHERE id = :id
RETURNING row_to_json(alert)::text AS body
