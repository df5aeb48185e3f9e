CREATE VIEW mentor_day AS
SELECT
    mentor_id,
    day,
    sum(w) AS sessions
FROM sessions
WHERE mentor_id IS NOT NULL AND day IS NOT NULL
GROUP BY mentor_id, day;

COMMENT ON VIEW mentor_day IS 'Sessions by mentor and day of creation.';
