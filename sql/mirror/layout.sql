-- Which layout of the mirror our subscription was made for.
SELECT coalesce(obj_description(oid, 'pg_subscription'), '')
FROM pg_subscription
WHERE
    subname = 'mentorhub_analytics'
    AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
