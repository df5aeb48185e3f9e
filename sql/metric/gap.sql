/*
title: {en: Time between days of activity, ru: Перерывы в активности}
meaning:
  en: 'Users by day of activity and by how many days later their next one is: what distinct users of any days are counted from.'
  ru: 'Пользователи по дню активности и числу дней до следующего: из этого считаются активные пользователи за любые дни.'
per: user_id
near: {active_day: 1}
keys:
  day: {type: day, en: Day of activity in the reporting time zone., ru: День активности в отчётном часовом поясе.}
  gap: {type: integer, en: Days until their next day of activity; 1000000 where there is none., ru: 'Дней до следующего дня активности; 1000000, если его нет.'}
measures:
  users: {en: Users., ru: Пользователи.}
chart: table
ttl: 300
listed: false
*/
SELECT
    day,
    gap,
    sum(w) AS users
FROM (
    SELECT
        day,
        coalesce(lead(day) OVER (PARTITION BY user_id ORDER BY day) - day, 1000000) AS gap,
        w
    FROM active_day
) AS spaced
GROUP BY day, gap
