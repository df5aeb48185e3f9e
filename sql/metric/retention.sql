/*
title: {en: Retention, ru: Удержание}
meaning:
  en: 'Of the users first active in a week or month, those active in each later one until today''s.'
  ru: 'Из впервые активных в неделю или месяц: сколько активны в каждом следующем до сегодняшнего.'
stored: false
parameters:
  grain: {of: [week, month], usual: week, en: Whether cohorts are of weeks or of months., ru: Когорты по неделям или по месяцам.}
keys:
  cohort: {type: day, en: First day of the week or month that they were first active in., ru: Первый день первой недели или первого месяца активности.}
  n: {type: integer, en: So many weeks or months later; 0 is the cohort itself., ru: 'На столько недель или месяцев позже; 0 это сама когорта.'}
measures:
  users: {total: false, en: Users of the cohort active then., ru: Активные в это время из когорты.}
  size: {total: false, en: Users of the cohort., ru: Вся когорта.}
ratios:
  share:
    is: analytics.ratio(100 * users, size)
    unit: percent
    en: Active users, percent of the cohort.
    ru: Доля активных из когорты, %.
by: [cohort, n]
chart: heatmap
ttl: 300
*/
SELECT
    founded.cohort,
    later.n,
    coalesce(active.users, 0) AS users,
    founded.users AS size
FROM
    cohort AS founded
    CROSS JOIN (SELECT date_trunc(retention.grain, max(day)::timestamp)::date AS began FROM freshness) AS present
    CROSS JOIN LATERAL generate_series(0, analytics.intervals(retention.grain, founded.cohort, present.began)) AS later (n)
    LEFT JOIN cohort AS active ON active.grain = founded.grain AND active.cohort = founded.cohort AND active.n = later.n
WHERE
    founded.grain = retention.grain
    AND founded.n = 0
    AND founded.cohort >= first
    AND founded.cohort <= last
