/*
title: {en: Cohorts, ru: Когорты}
meaning:
  en: 'Users by the first week or month that they were active in, and by how many later they were active again.'
  ru: 'Пользователи по первой неделе или первому месяцу активности и по числу недель или месяцев до повторной.'
per: user_id
keys:
  grain: {en: '`week` or `month`.', ru: 'Неделя или месяц: week, month.'}
  cohort: {type: day, en: First day of the week or month that they were first active in., ru: Первый день первой недели или первого месяца активности.}
  n: {type: integer, en: So many weeks or months later; 0 is the cohort itself., ru: 'На столько недель или месяцев позже; 0 это сама когорта.'}
measures:
  users: {en: Users active then., ru: Активные в это время пользователи.}
chart: heatmap
ttl: 300
listed: false
*/
SELECT
    grain,
    cohort,
    analytics.intervals(grain, cohort, began) AS n,
    sum(w) AS users
FROM (
    SELECT
        grain,
        began,
        w,
        min(began) OVER (PARTITION BY user_id, grain) AS cohort
    FROM (
        SELECT
            user_id,
            grain,
            date_trunc(grain, day::timestamp)::date AS began,
            max(w) AS w
        FROM active_day CROSS JOIN (VALUES ('week'), ('month')) AS grains (grain)
        GROUP BY 1, 2, 3
    ) AS intervals
) AS placed
GROUP BY 1, 2, 3
