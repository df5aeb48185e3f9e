INSERT INTO analytics.alert (
    metric, measure, filters, days, is_relative, direction, threshold, webhook, is_active, text
)
VALUES (
    :metric, :measure, CAST(:filters AS jsonb), :days, :is_relative, :direction, :threshold, :webhook, :is_active, :text
)
RETURNING row_to_json(alert)::text AS body
