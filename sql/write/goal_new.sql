INSERT INTO analytics.goal (metric, measure, filters, days, value, text)
VALUES (:metric, :measure, CAST(:filters AS jsonb), :days, :value, :text)
RETURNING row_to_json(goal)::text AS body
