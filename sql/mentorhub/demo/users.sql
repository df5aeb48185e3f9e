INSERT INTO users (
    id, username, email, hashed_password, full_name, bio, totp_secret,
    role, is_active, is_verified, created_at, updated_at
)
SELECT
    person.id,
    username,
    username || '@example.' || (ARRAY['com', 'org', 'net'])[1 + person.id % 3],
    '$2b$12$' || left(md5(person.id || '/' || seed) || md5(seed || '/' || person.id), 53),
    first_name.name || ' ' || last_name.name || CASE WHEN female THEN 'а' ELSE '' END,
    CASE WHEN pg_temp.draw(person.id, seed + 113) < 0.1
        THEN 'Люблю учиться, "не боюсь" ошибаться' END,
    CASE WHEN pg_temp.draw(person.id, seed + 114) < 0.05
        THEN upper(translate(md5(seed || 'totp' || person.id), '0189', 'wxyz')) END,
    CASE
        WHEN person.id <= 5 THEN 'ADMIN'::userrole
        WHEN mentor.id IS NOT NULL THEN 'MENTOR'
        ELSE 'STUDENT'
    END,
    person.id <> 3 AND (person.id <= 20 OR pg_temp.draw(person.id, seed + 115) >= 0.04),
    person.id <= 10 OR pg_temp.draw(person.id, seed + 116) < 0.78,
    to_timestamp(person.joined),
    to_timestamp(person.joined + (until - person.joined) * pg_temp.draw(person.id, seed + 117))
FROM demo_user AS person
CROSS JOIN demo
LEFT JOIN demo_mentor AS mentor ON mentor.user_id = person.id
JOIN demo_first_name AS first_name
    ON first_name.number = 1 + floor(20 * pg_temp.draw(person.id, seed + 111))
JOIN demo_last_name AS last_name
    ON last_name.number = 1 + floor(24 * pg_temp.draw(person.id, seed + 112))
CROSS JOIN LATERAL (
    -- Ending in the id, the name is unique.
    SELECT CASE person.id % 4
        WHEN 0 THEN left(first_name.latin, 1) || last_name.latin || person.id
        WHEN 1 THEN first_name.latin || '.' || last_name.latin || '.' || person.id
        WHEN 2 THEN first_name.latin || '_' || person.id
        ELSE last_name.latin || '-' || first_name.latin || person.id
    END AS username
) AS login;

ANALYZE users;
