-- Two users in a hundred, in order of joining; the founders' mentors 1 to 5 are users 6 to 10.
-- One mentor in twelve, and always mentor 5, never has a session.
CREATE TEMP TABLE demo_mentor ON COMMIT DROP AS
SELECT
    id,
    user_id,
    joined,
    sum(
        CASE
            WHEN id = 5 OR (id > 5 AND pg_temp.draw(id, seed + 201) < 0.08) THEN 0
            ELSE least(20, power(1 - pg_temp.draw(id, seed + 202), -0.6))
        END
    ) OVER (ORDER BY id) AS sessions,
    50 * (10 + floor(70 * power(pg_temp.draw(id, seed + 203), 2)))::int AS hourly_rate
FROM demo
CROSS JOIN generate_series(1, mentors) AS id
CROSS JOIN LATERAL (
    SELECT CASE WHEN id <= 5 THEN id + 5 ELSE 20 + (id - 5) * ((users - 20) / (mentors - 5)) END AS user_id
) AS account
JOIN (SELECT id AS user_id, joined FROM demo_user) AS person USING (user_id);

ANALYZE demo_mentor;

INSERT INTO mentors (id, user_id, headline, bio, website, hourly_rate, created_at, updated_at)
SELECT
    id,
    user_id,
    (ARRAY['Backend-разработчик', 'Data scientist', 'Дизайнер', 'Продакт-менеджер', 'DevOps'])[1 + id % 5],
    'Помогаю расти. Звоните: +7 000 000-00-00',
    'https://example.com/mentors/' || id,
    hourly_rate,
    to_timestamp(joined),
    to_timestamp(joined)
FROM demo_mentor;

UPDATE users SET role = 'MENTOR' WHERE id > 10 AND id IN (SELECT user_id FROM mentors);
