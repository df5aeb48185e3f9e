-- Rows set aside: how many of each table for which reason, and the first of them.
SELECT
    total.mirrored AS "table",
    total.reason,
    total.rows,
    array(
        SELECT id
        FROM analytics.unusable_row AS listed
        WHERE listed.mirrored = total.mirrored AND listed.reason = total.reason
        ORDER BY id
        LIMIT 5
    ) AS ids
FROM analytics.unusable_total AS total
ORDER BY total.mirrored, total.reason
