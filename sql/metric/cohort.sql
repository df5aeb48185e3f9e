/*
title: {en: Cohorts, ru: Когорты}
meaning:
  en: 'Users by the first week or month that they were active in, and by how many later they were active again.'
  ru: 'Пользователи по первой неделе или первому месяцу активности и по числу недель или месяцев до повторной.'
per: user_id
near: {active_day: 1}
keys:
  grain:
    en: '`week` or `month`.'
    ru: 'Неделя или месяц: week, month.'
    values:
      week: {en: Weeks, ru: Недели, zh: 按周, he: שבועות}
      month: {en: Months, ru: Месяцы, zh: 按月, he: חודשים}
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
        min(began) FILTER (WHERE is_first) OVER (PARTITION BY user_id, grain) AS cohort
    FROM (
        SELECT
            user_id,
            grain,
            date_trunc(grain, day::timestamp)::date AS began,
            bool_or(is_first) AS is_first,
            max(w) AS w
        FROM
            (
                SELECT
                    user_id,
                    day,
                    false AS is_first,
                    w
                FROM active_day
                UNION ALL
                SELECT
                    user_id,
                    day,
                    true,
                    0 * w
                FROM first_day
            ) AS days
            CROSS JOIN (VALUES ('week'), ('month')) AS grains (grain)
        GROUP BY 1, 2, 3
    ) AS intervals
) AS placed
GROUP BY grain, cohort, began
