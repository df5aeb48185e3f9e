/*
title:
  en: New users by day
  ru: Новые пользователи по дням
meaning:
  en: Accounts by the day they were created.
  ru: Учётные записи по дню создания.
keys:
  day:
    type: day
    en: Day in the reporting time zone.
    ru: День в отчётном часовом поясе.
measures:
  new_users:
    en: Accounts created on it.
    ru: Учётные записи, созданные в этот день.
chart: line
ttl: 3600
grains: [hour, minute]
*/
SELECT
    day,
    sum(w) AS new_users
FROM users
WHERE day IS NOT NULL
GROUP BY day
