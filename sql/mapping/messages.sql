CREATE VIEW messages AS
SELECT
    id,
    sender_id,
    recipient_id,
    source.instant(created_at) AS created_at,
    (source.instant(created_at) AT TIME ZONE (SELECT timezone FROM analytics.reporting))::date AS day,
    CASE WHEN created_at IS NOT NULL AND source.instant(created_at) IS NULL THEN 'created_at is not a date of the years 1 to 9999' END AS unusable,
    w
FROM messages;

COMMENT ON VIEW messages IS 'Who wrote to whom, and when; no text.';
