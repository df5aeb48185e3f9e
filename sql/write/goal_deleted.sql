DELETE FROM analytics.goal
WHERE id = :id
RETURNING row_to_json(goal)::text AS body
