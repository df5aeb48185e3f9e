-- One active user of each role: the first admin, the student who wrote the most reviews and the
-- mentor who got the most. Reviews are the shortest table that tells who does much.
SELECT DISTINCT ON (lower(role::text)) lower(role::text) AS role, users.id
FROM users
LEFT JOIN (
    SELECT user_id, count(*) AS written FROM reviews GROUP BY user_id
) AS written ON written.user_id = users.id
LEFT JOIN (
    SELECT reviewed_id, count(*) AS got FROM reviews GROUP BY reviewed_id
) AS got ON got.reviewed_id = users.id
WHERE is_active
    AND (lower(role::text) <> 'mentor' OR EXISTS (SELECT FROM mentors WHERE mentors.user_id = users.id))
ORDER BY
    lower(role::text),
    CASE lower(role::text) WHEN 'student' THEN written WHEN 'mentor' THEN got END DESC NULLS LAST,
    users.id;
