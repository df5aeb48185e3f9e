/*
title: {en: Net revenue, ru: Чистая выручка}
meaning:
  en: 'What was earned and what was refunded, each by the day on which it happened: from `X-Analytics-Since` on, the day it was counted; before, the day the payment was created, or last written.'
  ru: 'Заработанное и возвращённое, каждое по дню, когда это случилось; до начала журнала по дню создания и последней записи платежа.'
keys:
  day: {type: day, en: Day in the reporting time zone., ru: День в отчётном часовом поясе.}
  currency: {apart: true, en: ISO 4217 code; XXX where the payment has none., ru: Код валюты по ISO 4217.}
measures:
  earned: {unit: money, en: 'Payments completed on it, less those taken back otherwise than by a refund.', ru: 'Платежи, завершённые в этот день, без отменённых иначе, чем возвратом.'}
  refunded: {unit: money, en: Payments refunded on it., ru: Возвращённые в этот день платежи.}
ratios:
  net:
    is: earned - refunded
    unit: money
    en: Earned less refunded.
    ru: Заработанное без возвращённого.
chart: bar
*/
SELECT
    (happened_at AT TIME ZONE (SELECT timezone FROM analytics.reporting))::date AS day,
    currency,
    sum(w * earned) AS earned,
    sum(w * refunded) AS refunded
FROM payment_journal
GROUP BY 1, 2
-- what was earned and taken back on the same day is nothing
HAVING sum(w * earned) <> 0 OR sum(w * refunded) <> 0
