/*
title: {en: Comings and goings, ru: Приход и уход пользователей}
meaning:
  en: 'Active users by week: those who are new, came back after the week before or after a longer time, and those who stayed away.'
  ru: 'Пользователи по неделям: новые, вернувшиеся сразу, вернувшиеся после перерыва и переставшие приходить.'
per: user_id
near: {active_day: 1}
keys:
  week: {type: week, en: Monday of the week in the reporting time zone., ru: Понедельник недели в отчётном часовом поясе.}
measures:
  new: {en: Active for the first time., ru: Активны впервые.}
  returning: {en: Active in the week before as well., ru: Активны и на прошлой неделе.}
  resurrected: {en: Active again after at least a week without., ru: Активны снова после перерыва хотя бы в неделю.}
  dormant: {en: Active in the week before and not in this one., ru: 'Активны на прошлой неделе, но не на этой.'}
chart: bar
ttl: 300
*/
WITH weeks AS (
    SELECT
        week,
        lag(week) OVER own AS before,
        lead(week) OVER own AS after,
        w
    FROM (
        SELECT
            user_id,
            date_trunc('week', day::timestamp)::date AS week,
            max(w) AS w
        FROM active_day
        GROUP BY 1, 2
    ) AS active
    WINDOW own AS (PARTITION BY user_id ORDER BY week)
)

SELECT
    week,
    coalesce(sum(w) FILTER (WHERE is_active AND before IS NULL), 0) AS new,
    coalesce(sum(w) FILTER (WHERE is_active AND week - before = 7), 0) AS returning,
    coalesce(sum(w) FILTER (WHERE is_active AND week - before > 7), 0) AS resurrected,
    coalesce(sum(w) FILTER (WHERE NOT is_active), 0) AS dormant
FROM (
    SELECT
        week,
        before,
        true AS is_active,
        w
    FROM weeks
    UNION ALL
    SELECT
        week + 7,
        NULL,
        false,
        w
    FROM weeks
    WHERE after IS NULL OR after - week > 7
) AS parts
GROUP BY week
