/*
title:
  en: Payments of all time
  ru: Платежи за всё время
meaning:
  en: Completed payments of all time by currency.
  ru: Завершённые платежи за всё время по валютам.
keys:
  currency:
    apart: true
    en: ISO 4217 code; XXX where the payment has none.
    ru: Код валюты по ISO 4217.
measures:
  amount:
    unit: money
    en: Their amounts together, exact.
    ru: Сумма завершённых платежей.
  transactions:
    en: How many payments.
    ru: Сколько их.
*/
SELECT
    currency,
    sum(w * amount::numeric) AS amount,
    sum(w) AS transactions
FROM payments
WHERE status = 'completed' AND amount IS NOT NULL
GROUP BY currency
