-- Every third user has a subscription, as it is now: MentorHub overwrites it.
INSERT INTO subscriptions (
    id, user_id, tier, status, amount, currency, current_period_end, cancel_at_period_end,
    created_at, updated_at
)
SELECT
    id,
    id,
    tier::subscriptiontier,
    CASE
        WHEN tier = 'FREE' THEN 'FREE'::subscriptionstatus
        WHEN fate < 0.70 THEN 'ACTIVE'
        WHEN fate < 0.78 THEN 'TRIAL'
        WHEN fate < 0.84 THEN 'PAST_DUE'
        WHEN fate < 0.94 THEN 'CANCELLED'
        ELSE 'EXPIRED'
    END,
    ('{0, 990, 1990, 4990}'::numeric[])[place],
    'RUB',
    to_timestamp(changed + 30 * 86400) AT TIME ZONE 'UTC',
    fate BETWEEN 0.66 AND 0.70,
    to_timestamp(begun),
    to_timestamp(changed)
FROM (
    SELECT
        member.id,
        width_bucket(pg_temp.draw(member.id, seed + 902), '{0, 0.4, 0.7, 0.92}'::float8[]) AS place,
        pg_temp.draw(member.id, seed + 903) AS fate,
        joined + (until - joined) * pg_temp.draw(member.id, seed + 904) AS begun,
        until,
        seed
    FROM demo
    CROSS JOIN demo_user AS member
    WHERE pg_temp.draw(member.id, seed + 901) < 0.34
    OFFSET 0
) AS subscriber
CROSS JOIN LATERAL (SELECT ('{FREE, BASIC, PRO, PREMIUM}'::text[])[place] AS tier) AS chosen
CROSS JOIN LATERAL (
    SELECT begun + (until - begun) * pg_temp.draw(id, seed + 905) AS changed
) AS last;

ANALYZE subscriptions;
