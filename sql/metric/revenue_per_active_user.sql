/*
title: {en: Revenue per active user, ru: Выручка на активного пользователя}
meaning:
  en: Completed payments of so many days that end on each day, by currency, and the distinct users active in them.
  ru: Завершённые платежи за столько дней до каждого дня включительно по валютам и разные пользователи, активные за них.
stored: false
parameters:
  window:
    least: 1
    most: 365
    usual: 1
    en: So many days that end on the day, that one included.
    ru: Столько дней, считая сам день.
keys:
  day: {type: day, en: Last day of the window in the reporting time zone., ru: Последний день периода в отчётном часовом поясе.}
  currency: {apart: true, en: ISO 4217 code; XXX where the payment has none., ru: Код валюты по ISO 4217.}
measures:
  revenue: {rolling: true, unit: money, en: Completed payments together., ru: Сумма завершённых платежей.}
  users: {rolling: true, en: Distinct users active in the window., ru: 'Разные пользователи, активные за период.'}
ratios:
  revenue_per_user:
    is: analytics.ratio(revenue, users)
    unit: money
    en: Revenue per active user.
    ru: Выручка на активного пользователя.
chart: line
*/
SELECT
    active.day,
    known.currency,
    coalesce(paid.amount, 0) AS revenue,
    active.users
FROM
    active_users(first, last, "window") AS active
    CROSS JOIN (SELECT currency FROM payment_total) AS known
    LEFT JOIN LATERAL (
        SELECT sum(amount) AS amount
        FROM payment_day
        WHERE
            payment_day.currency = known.currency
            AND payment_day.day > active.day - "window"
            AND payment_day.day <= active.day
    ) AS paid ON true
