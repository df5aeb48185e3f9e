/*
title: {en: Revenue, ru: Выручка}
meaning:
  en: Payments by the day they were created, currency, mentor and payment method.
  ru: Платежи по дню создания, валюте, ментору и способу оплаты.
readers: mentor_id
keys:
  day: {type: day, en: Day in the reporting time zone., ru: День в отчётном часовом поясе.}
  currency: {apart: true, en: ISO 4217 code; XXX where the payment has none., ru: Код валюты по ISO 4217.}
  mentor_id: {type: integer, en: MentorHub's mentors.id; 0 where the payment names none., ru: 'Номер ментора; 0, если не указан.'}
  payment_method:
    free: true
    en: In lower case; empty where the payment names none.
    ru: 'Способ оплаты; пусто, если не указан.'
    values:
      '': {en: Not given, ru: Не указан, zh: 未注明, he: לא צוין}
      card: {en: Card, ru: Карта, zh: 银行卡, he: כרטיס}
      sbp: {en: SBP, ru: СБП, zh: SBP, he: SBP}
      invoice: {en: Invoice, ru: Счёт, zh: 发票, he: חשבונית}
measures:
  revenue: {unit: money, en: Completed payments together., ru: Сумма завершённых платежей.}
  transactions: {en: Completed payments., ru: Завершённые платежи.}
  failed: {en: Failed payments., ru: Неудавшиеся платежи.}
  finished: {en: 'Payments completed, failed or refunded.', ru: 'Завершённые, неудавшиеся и возвращённые платежи.'}
ratios:
  failure_rate:
    is: analytics.ratio(100 * failed, finished)
    unit: percent
    en: Failed payments, percent of the finished.
    ru: Доля неудавшихся среди законченных, %.
chart: bar
*/
SELECT
    day,
    currency,
    coalesce(mentor_id, 0) AS mentor_id,
    coalesce(payment_method, '') AS payment_method,
    coalesce(sum(w * amount::numeric) FILTER (WHERE status = 'completed'), 0) AS revenue,
    coalesce(sum(w) FILTER (WHERE status = 'completed'), 0) AS transactions,
    coalesce(sum(w) FILTER (WHERE status = 'failed'), 0) AS failed,
    coalesce(sum(w), 0) AS finished
FROM payments
WHERE status IN ('completed', 'failed', 'refunded') AND amount IS NOT NULL
GROUP BY 1, 2, 3, 4
