INSERT INTO mentors (id, user_id, headline, bio, website, hourly_rate, created_at, updated_at)
SELECT
    id,
    user_id,
    (ARRAY[
        'Backend-разработчик', 'Data scientist', 'Дизайнер', 'Продакт-менеджер', 'DevOps'
    ])[1 + id % 5],
    'Помогаю расти. Звоните: +7 000 000-00-00',
    'https://example.com/mentors/' || id,
    hourly_rate,
    to_timestamp(joined),
    to_timestamp(joined)
FROM demo_mentor;

ANALYZE mentors;
