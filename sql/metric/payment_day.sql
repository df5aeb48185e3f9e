/*
title:
  en: Payments by day
  ru: Платежи по дням
meaning:
  en: Completed payments by day of creation and currency.
  ru: Завершённые платежи по дню создания и валюте.
keys:
  day:
    type: day
    en: Day in the reporting time zone.
    ru: День в отчётном часовом поясе.
  currency:
    apart: true
    en: ISO 4217 code; XXX where the payment has none.
    ru: Код валюты по ISO 4217.
measures:
  amount:
    unit: money
    en: Their amounts together, exact.
    ru: Сумма завершённых платежей дня.
  transactions:
    en: How many payments.
    ru: Сколько их.
chart: bar
grains: [hour, minute]
*/
SELECT
    day,
    currency,
    sum(w * amount::numeric) AS amount,
    sum(w) AS transactions
FROM payments
WHERE status = 'completed' AND amount IS NOT NULL AND day IS NOT NULL
GROUP BY day, currency
