-- What our side is now, as far as a proof depends on it: see sql/install/proof.sql.
SELECT
    pg_postmaster_start_time(),
    (
        SELECT oid
        FROM pg_subscription
        WHERE
            subname = 'mentorhub_analytics'
            AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    ),
    (SELECT last_value FROM public.edit)
