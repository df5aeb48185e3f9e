SELECT coalesce(json_object_agg(mentor_id, username), '{}')::text AS body
FROM analytics.mentor_name
WHERE mentor_id = ANY(CAST(:mentors AS bigint []))
