/*
title: {en: Active users, ru: Активные пользователи}
meaning:
  en: Distinct users who were active in so many days that end on each day.
  ru: Разные пользователи, активные за столько дней до каждого дня включительно.
stored: false
parameters:
  window:
    least: 1
    most: 365
    usual: 1
    en: So many days that end on the day, that one included; 7 for a week, 30 for a month.
    ru: Столько дней, считая сам день; 7 для недели, 30 для месяца.
keys:
  day: {type: day, en: Last day of the window in the reporting time zone., ru: Последний день периода в отчётном часовом поясе.}
measures:
  users: {rolling: true, en: Distinct users active in the window., ru: 'Разные пользователи, активные за период.'}
  daily: {en: Users active on the day itself., ru: Активные в сам день.}
  days: {unit: days, en: '1: a day counts once.', ru: '1: день считается один раз.'}
ratios:
  stickiness:
    is: analytics.ratio(100 * daily, users * days)
    unit: percent
    en: Users of a day, percent of those of the window; of several days, the mean of a day.
    ru: Доля активных в день среди активных за период, %.
chart: line
ttl: 300
*/
WITH counted AS MATERIALIZED (
    SELECT
        there.day,
        there.gap,
        there.users
    FROM
        generate_series((first - "window" + 1)::timestamp, last::timestamp, interval '1 day') AS listed (midnight)
        -- by the index, and only those who are still counted on the first day
        CROSS JOIN LATERAL (
            SELECT
                gap.day,
                gap.gap,
                gap.users
            FROM gap
            WHERE gap.day = ANY (ARRAY[midnight::date]) AND gap.gap > first - midnight::date
            OFFSET 0
        ) AS there
)

-- Users count from their day on, until their next one or until the window has passed.
SELECT
    day,
    users,
    daily,
    days
FROM (
    SELECT
        day,
        sum(sum(users)) OVER (ORDER BY day) AS users,
        sum(daily) AS daily,
        1 AS days
    FROM (
        SELECT
            day,
            users,
            users AS daily
        FROM counted
        UNION ALL
        SELECT
            day + least(gap, "window")::integer,
            - users,
            0
        FROM counted
        WHERE day + least(gap, "window")::integer <= last
        UNION ALL
        SELECT
            midnight::date,
            0,
            0
        FROM generate_series(first::timestamp, last::timestamp, interval '1 day') AS listed (midnight)
    ) AS moves
    GROUP BY day
) AS active
WHERE day >= first AND day <= last
