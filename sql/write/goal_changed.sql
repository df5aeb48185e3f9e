UPDATE analytics.goal
SET
    metric = :metric,
    measure = :measure,
    filters = CAST(:filters AS jsonb),
    days = :days,
    value = :value,
    text = :text
WHERE id = :id
RETURNING row_to_json(goal)::text AS body
