SELECT
    answer.*,
    answer.today - :days + 1 AS from_day,
    answer.today AS to_day,
    (
        SELECT string_agg(DISTINCT currency, ', ' ORDER BY currency)
        FROM analytics.payment_day
        WHERE day BETWEEN answer.today - :days + 1 AND answer.today AND transactions > 0
    ) AS currencies,
    analytics.compared(row_to_json(body), answer.today - 2 * :days + 1, answer.today - :days, row_to_json(metrics)) AS body
FROM
    analytics.answer
    CROSS JOIN LATERAL (
        SELECT
            currency,
            analytics.unit(currency) AS unit
        FROM (SELECT coalesce(:currency, answer.currency) AS currency) AS code
        -- looked up once, not for each day
        OFFSET 0
    ) AS wanted
    CROSS JOIN LATERAL (
        SELECT
            sum(amount) AS amount,
            sum(transactions) AS transactions
        FROM analytics.payment_day
        WHERE currency = wanted.currency AND day BETWEEN answer.today - :days + 1 AND answer.today
    ) AS stored
    CROSS JOIN LATERAL (
        SELECT
            coalesce(stored.amount, 0) * wanted.unit AS total_revenue,
            coalesce(stored.transactions, 0) AS transaction_count,
            analytics.ratio(stored.amount * wanted.unit, stored.transactions, greatest(scale(wanted.unit), 2)) AS avg_transaction,
            array(
                SELECT row_to_json(entry)
                FROM (
                    SELECT
                        calendar.day AS date,
                        coalesce(paid.amount, 0) * wanted.unit AS revenue
                    FROM
                        analytics.calendar
                        LEFT JOIN analytics.payment_day AS paid
                            ON paid.currency = wanted.currency AND paid.day = calendar.day
                    WHERE calendar.ago < :days
                    ORDER BY calendar.day
                ) AS entry
            ) AS daily_revenue
    ) AS analytics
    CROSS JOIN LATERAL (SELECT :days AS period_days, analytics) AS body
    LEFT JOIN LATERAL (
        SELECT
            analytics.change(analytics.total_revenue, coalesce(sum(amount), 0) * wanted.unit) AS total_revenue,
            analytics.change(analytics.transaction_count, coalesce(sum(transactions), 0)) AS transaction_count,
            analytics.change(
                analytics.avg_transaction,
                analytics.ratio(sum(amount) * wanted.unit, sum(transactions), greatest(scale(wanted.unit), 2))
            ) AS avg_transaction
        FROM analytics.payment_day
        WHERE currency = wanted.currency AND day BETWEEN answer.today - 2 * :days + 1 AND answer.today - :days
    ) AS metrics ON :compare = 'previous'
WHERE answer.family = 'revenue'
