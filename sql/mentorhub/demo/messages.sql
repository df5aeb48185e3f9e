-- Before one of two sessions its student writes to the mentor; nine of ten are answered, half of
-- them within three hours.
INSERT INTO messages (id, sender_id, recipient_id, content, is_read, created_at, updated_at)
SELECT
    id + place,
    sender,
    recipient,
    'Личное сообщение',
    is_read,
    written,
    written
FROM (
    SELECT
        session.id - 1 AS id,
        session.student_id,
        mentors.user_id AS mentor_user,
        until,
        extract(epoch FROM session.created_at) + 600 * pg_temp.draw(session.id, seed + 801) AS asked,
        172800 * power(pg_temp.draw(session.id, seed + 802), 4) AS pause,
        pg_temp.draw(session.id, seed + 803) < 0.9 AS is_answered
    FROM demo
    CROSS JOIN sessions AS session
    JOIN mentors ON mentors.id = session.mentor_id
    WHERE session.id % 2 = 0 AND session.student_id <> mentors.user_id
    OFFSET 0
) AS conversation
CROSS JOIN LATERAL (
    VALUES
        (0, student_id, mentor_user, asked, is_answered),
        (1, mentor_user, student_id, asked + pause, true)
) AS message (place, sender, recipient, moment, is_read)
CROSS JOIN LATERAL to_timestamp(moment) AS written
WHERE moment <= until AND (place = 0 OR is_answered);

ANALYZE messages;
