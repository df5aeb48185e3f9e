CREATE VIEW unusable_total AS
SELECT
    mirrored,
    reason,
    sum(w) AS rows
FROM unusable
GROUP BY mirrored, reason;

COMMENT ON VIEW unusable_total IS 'How many rows have a value that could not be counted.';
