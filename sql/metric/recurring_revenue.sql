/*
title: {en: Recurring revenue, ru: Регулярная выручка}
meaning:
  en: 'What active and past-due subscriptions bring in a month, and how it came from one month''s start to its end: `end` is `start` with `new` and `expansion`, without `contraction` and `churn`.'
  ru: 'Что приносят в месяц активные и просроченные подписки и как сумма менялась от начала месяца к концу: конец — это начало с новыми и ростом без снижения и оттока.'
stored: false
keys:
  month: {type: month, en: First day of the month in the reporting time zone., ru: Первый день месяца в отчётном часовом поясе.}
  currency: {apart: true, en: ISO 4217 code; XXX where the subscription has none., ru: Код валюты по ISO 4217.}
measures:
  start: {unit: money, main: true, state: first, en: What a month brought when this one began., ru: Сумма за месяц на начало этого.}
  new: {unit: money, main: true, en: 'Of subscriptions that brought nothing, and do now; of one that comes back, too.', ru: 'Подписки, которые ничего не приносили, а теперь приносят; вернувшиеся тоже.'}
  expansion: {unit: money, main: true, en: By how much others grew., ru: На сколько выросли остальные.}
  contraction: {unit: money, main: true, en: By how much others shrank., ru: На сколько уменьшились остальные.}
  churn: {unit: money, main: true, en: Of those that bring nothing any more., ru: 'Подписки, которые больше ничего не приносят.'}
  end: {unit: money, main: true, state: last, en: 'What a month brings when this one has ended, or now.', ru: 'Сумма за месяц на конец этого или сейчас.'}
chart: bar
*/
SELECT
    month,
    currency,
    becomes - net AS start,
    new,
    expansion,
    contraction,
    churn,
    becomes AS "end"
FROM (
    SELECT
        month,
        currency,
        sum(new) AS new,
        sum(expansion) AS expansion,
        sum(contraction) AS contraction,
        sum(churn) AS churn,
        sum(net) AS net,
        sum(sum(net)) OVER (PARTITION BY currency ORDER BY month) AS becomes
    FROM (
        SELECT
            month,
            currency,
            new,
            expansion,
            contraction,
            churn,
            new + expansion - contraction - churn AS net
        FROM subscription_month
        WHERE month <= last
        UNION ALL
        SELECT
            listed.month::date,
            known.currency,
            0,
            0,
            0,
            0,
            0
        FROM
            generate_series(date_trunc('month', first::timestamp), last::timestamp, interval '1 month') AS listed (month)
            CROSS JOIN (SELECT DISTINCT currency FROM subscription_month) AS known
    ) AS moves
    GROUP BY month, currency
) AS bridge
WHERE month >= first
