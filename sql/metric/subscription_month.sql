/*
title: {en: Subscriptions by month, ru: Подписки по месяцам}
meaning:
  en: 'How recurring revenue changed, by the month in which it did: from `X-Analytics-Since` on, when it was counted; before, when the subscription was created.'
  ru: 'Как менялась регулярная выручка, по месяцу изменения; до начала журнала по месяцу создания подписки.'
keys:
  month: {type: month, en: First day of the month in the reporting time zone., ru: Первый день месяца в отчётном часовом поясе.}
  currency: {apart: true, en: ISO 4217 code; XXX where the subscription has none., ru: Код валюты по ISO 4217.}
measures:
  new: {unit: money, main: true, en: 'A month''s amount of subscriptions that brought nothing, and do now.', ru: 'Месячная сумма подписок, которые ничего не приносили, а теперь приносят.'}
  expansion: {unit: money, main: true, en: By how much others grew., ru: На сколько выросли остальные.}
  contraction: {unit: money, main: true, en: By how much others shrank., ru: На сколько уменьшились остальные.}
  churn: {unit: money, main: true, en: A month's amount of those that bring nothing any more., ru: 'Месячная сумма тех, что больше ничего не приносят.'}
chart: bar
listed: false
*/
SELECT
    date_trunc('month', happened_at AT TIME ZONE (SELECT timezone FROM analytics.reporting))::date AS month,
    currency,
    coalesce(sum(w * amount) FILTER (WHERE amount > 0 AND becomes = amount), 0) AS new,
    coalesce(sum(w * amount) FILTER (WHERE amount > 0 AND becomes <> amount), 0) AS expansion,
    coalesce(sum(- w * amount) FILTER (WHERE amount < 0 AND becomes <> 0), 0) AS contraction,
    coalesce(sum(- w * amount) FILTER (WHERE amount < 0 AND becomes = 0), 0) AS churn
FROM subscription_journal
GROUP BY 1, 2
