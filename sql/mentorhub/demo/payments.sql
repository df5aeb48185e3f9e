-- Two and a half a user: one for one of every two sessions.
INSERT INTO payments (
    id, student_id, mentor_id, session_id, amount, currency, status, payment_method,
    stripe_payment_id, created_at, updated_at
)
SELECT
    payment.id,
    student_id,
    mentor_id,
    session_id,
    round(
        hourly_rate * duration_minutes / 60.0 * 100 * ('{1, 0.0125, 0.0108, 6.1}'::float8[])[place]
    )::int,
    ('{RUB, USD, EUR, KZT}'::text[])[place],
    CASE
        WHEN fate < 0.83 THEN 'COMPLETED'::paymentstatus
        WHEN fate < 0.88 THEN 'REFUNDED'
        WHEN fate < 0.95 THEN 'FAILED'
        ELSE 'PENDING'
    END,
    (ARRAY['card', 'sbp', 'invoice', NULL])[
        width_bucket(pg_temp.draw(payment.id, seed + 706), '{0, 0.75, 0.93, 0.97}'::float8[])
    ],
    'pi_' || to_hex(hashint8extended(payment.id, seed + 703)),
    paid,
    CASE -- refunded up to six weeks later
        WHEN fate BETWEEN 0.83 AND 0.88
        THEN least(to_timestamp(until), paid + interval '42 days' * (fate - 0.83) / 0.05)
        ELSE paid
    END
FROM (
    SELECT
        id, seed, until,
        2 * id - (pg_temp.draw(id, seed + 701) < 0.5)::int AS session_id,
        pg_temp.draw(id, seed + 702) AS fate
    FROM demo, generate_series(1, 5 * users / 2) AS id
    OFFSET 0
) AS payment
JOIN sessions ON sessions.id = session_id
JOIN demo_mentor AS mentor ON mentor.id = mentor_id
CROSS JOIN LATERAL (
    SELECT
        least(
            to_timestamp(until),
            sessions.created_at + interval '20 minutes' * pg_temp.draw(session_id, seed + 704)
        ) AS paid
) AS moment
-- A student pays in the currency of his country; the mentor's rate is in roubles.
CROSS JOIN LATERAL (
    SELECT width_bucket(
        pg_temp.draw(student_id, seed + 705), '{0, 0.88, 0.94, 0.97}'::float8[]
    ) AS place
) AS country;

ANALYZE payments;
