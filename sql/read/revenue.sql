SELECT
    answer.as_of,
    answer.version,
    answer.changed_at,
    answer.timezone,
    edition.from_day,
    answer.today AS to_day,
    (
        SELECT string_agg(currency, ', ' ORDER BY currency)
        FROM analytics.revenue_window
        WHERE from_day = edition.from_day AND to_day = edition.to_day AND transaction_count > 0
    ) AS currencies,
    row_to_json(body)::text AS body
FROM
    analytics.answer
    CROSS JOIN LATERAL (SELECT coalesce(:currency, answer.currency) AS currency) AS wanted
    CROSS JOIN LATERAL (
        SELECT
            from_day,
            to_day
        FROM analytics.revenue_window
        WHERE
            from_day = answer.today - :days + 1
            AND to_day <= answer.today
            -- beyond it, payments dated ahead would be missed: no answer then
            AND answer.today <= (SELECT max(from_day) FROM analytics.revenue_window)
        ORDER BY to_day DESC
        LIMIT 1
    ) AS edition
    -- a currency without a single payment has no windows: zeros
    LEFT JOIN analytics.revenue_window AS stored
        ON
            stored.from_day = edition.from_day
            AND stored.to_day = edition.to_day
            AND stored.currency = wanted.currency
    CROSS JOIN LATERAL (
        SELECT
            coalesce(stored.total_revenue, 0.00) AS total_revenue,
            coalesce(stored.transaction_count, 0) AS transaction_count,
            coalesce(stored.avg_transaction, 0.00) AS avg_transaction,
            array(
                SELECT row_to_json(entry)
                FROM (
                    SELECT
                        answer.today - ago AS date,
                        round(coalesce(paid.revenue, 0), 2) AS revenue
                    FROM
                        generate_series(:days - 1, 0, -1) AS ago
                        LEFT JOIN analytics.payment_day AS paid
                            ON paid.currency = wanted.currency AND paid.day = answer.today - ago
                    ORDER BY ago DESC
                ) AS entry
            ) AS daily_revenue
    ) AS analytics
    CROSS JOIN LATERAL (SELECT :days AS period_days, analytics) AS body
WHERE answer.family = 'revenue'
