-- An active user of each role: the first admin, the student who wrote the most reviews and the
-- mentor who got the most. Reviews are the shortest table that tells who does much.
(
    SELECT 'admin' AS role, id
    FROM users
    WHERE is_active AND lower(role::text COLLATE "C") = 'admin'
    ORDER BY id
    LIMIT 1
)
UNION ALL
(
    SELECT 'student', id
    FROM users
    LEFT JOIN (
        SELECT user_id AS id, count(*) AS reviews FROM reviews GROUP BY user_id
    ) AS written USING (id)
    WHERE is_active AND lower(role::text COLLATE "C") = 'student'
    ORDER BY reviews DESC NULLS LAST, id
    LIMIT 1
)
UNION ALL
(
    SELECT 'mentor', users.id
    FROM mentors
    JOIN users ON users.id = user_id
    LEFT JOIN (
        SELECT reviewed_id AS user_id, count(*) AS reviews FROM reviews GROUP BY reviewed_id
    ) AS got USING (user_id)
    WHERE is_active AND lower(role::text COLLATE "C") = 'mentor'
    ORDER BY reviews DESC NULLS LAST, users.id
    LIMIT 1
);
