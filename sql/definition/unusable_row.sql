CREATE VIEW unusable_row AS
SELECT
    mirrored,
    id,
    reason,
    sum(w) AS rows
FROM unusable
GROUP BY mirrored, id, reason;

COMMENT ON VIEW unusable_row IS 'Rows with a value that could not be counted.';
